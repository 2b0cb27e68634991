import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CorrelationMiddleware } from '@fieldguide/kafka';
import { ServiceLogger } from './service-logger.js';

const lines: string[] = [];
const catchLines = (text: unknown): boolean => lines.push(String(text)) > 0;

beforeEach(() => {
  lines.length = 0;
  jest.spyOn(process.stdout, 'write').mockImplementation(catchLines);
  jest.spyOn(process.stderr, 'write').mockImplementation(catchLines);
});
afterEach(() => void jest.restoreAllMocks());

const logger = (production: boolean) => new ServiceLogger({ service: 'billing', replicaName: 'billing-2', production });
const correlated = (work: () => void): void =>
  new CorrelationMiddleware().use(
    { headers: { 'x-correlation-id': 'abc-1' } } as never,
    { setHeader: () => undefined } as never,
    work,
  );

describe('a log line', () => {
  it('of production is one JSON object with service, replica and correlation id', () => {
    correlated(() => logger(true).log('Charged tok_visa for ada@customers.example', { orderId: '7' }, 'Charges'));

    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'log',
      service: 'billing',
      replica: 'billing-2',
      correlationId: 'abc-1',
      context: 'Charges',
      message: 'Charged [card] for [mail]',
      params: { orderId: '7' },
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
  });

  it('of development is one readable line with the same', () => {
    correlated(() => logger(false).warn('Charged tok_visa', { mail: 'ada@customers.example' }, 'Charges'));

    expect(lines.join('')).toMatch(
      /^\S+Z WARN {2}billing-2 \[Charges\] Charged \[card\] \{ mail: '\[mail\]' \} \(abc-1\)\n$/,
    );
  });

  it.each([true, false])('holds no secret of an error, in its stack neither (production: %p)', (production) => {
    const error = new Error('Failed query: insert\nparams: ada@customers.example,tok_visa', {
      cause: new Error('4111 1111 1111 1111'),
    });

    logger(production).error('Not stored', error, 'Charges');
    logger(production).error(error, error.stack, 'Charges');

    expect(lines.join('')).toContain('Failed query');
    expect(lines.join('')).not.toMatch(/ada@|tok_|4111/);
  });

  it('is written from the level on that is set', () => {
    const quiet = new ServiceLogger({ service: 'b', replicaName: 'b', production: false, logLevel: 'warn' });
    for (const each of [quiet, logger(false)]) {
      each.debug('kafkajs retries');
      each.log('joined');
      each.warn('slow');
    }

    expect(lines.map((line) => line.trim().split(' ').at(-1))).toEqual(['slow', 'joined', 'slow']);
  });

  it('about the start of Nest itself is left out, unless it warns', () => {
    logger(false).log('Mapped {/orders, POST} route', 'RouterExplorer');
    logger(false).warn('a route hides another', 'RouterExplorer');

    expect(lines.join('')).toMatch(/^\S+ WARN .*hides another\n$/);
  });
});
