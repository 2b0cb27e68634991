import { expect, it } from '@jest/globals';
import { type ArgumentsHost, Catch, type RpcExceptionFilter } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { BaseRpcExceptionFilter, type KafkaContext } from '@nestjs/microservices';
import { type Observable, of } from 'rxjs';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually } from '../stock-broker.js';
import { hearer } from '../stock-service.js';

const MAX_RETRIES = 3;

/** As documented, without its logging and the handler for what is skipped. */
@Catch()
class KafkaMaxRetryExceptionFilter extends BaseExceptionFilter {
  // eslint-disable-next-line @typescript-eslint/no-misused-promises -- as documented
  override async catch(exception: unknown, host: ArgumentsHost): Promise<void> {
    const context = host.switchToRpc().getContext<KafkaContext>();
    const headers = context.getMessage().headers ?? {};
    const retryCount = Number(headers['retryCount'] ?? headers['retry-count'] ?? 0);
    if (retryCount >= MAX_RETRIES) {
      const offset = (Number(context.getMessage().offset) + 1).toString();
      const [topic, partition] = [context.getTopic(), context.getPartition()];
      await context.getConsumer().commitOffsets([{ topic, partition, offset }]);
      return;
    }
    super.catch(exception, host);
  }
}

/** Counts by itself, in memory, and gives up without an error. */
@Catch()
class CountingFilter extends BaseRpcExceptionFilter {
  readonly #failures = new Map<string, number>();

  override catch(exception: unknown, host: ArgumentsHost): Observable<unknown> {
    const context = host.switchToRpc().getContext<KafkaContext>();
    const message = `${context.getTopic()} ${context.getPartition()} ${context.getMessage().offset}`;
    const failures = (this.#failures.get(message) ?? 0) + 1;
    this.#failures.set(message, failures);
    if (failures <= MAX_RETRIES) return super.catch(exception, host);
    this.#failures.delete(message);
    return of(undefined);
  }
}

claim(
  {
    says: 'The `KafkaMaxRetryExceptionFilter` of the documentation of NestJS skips a message after some retries.',
    verdict: 'harmful',
    happens:
      'The first failure of a handler ends the consumer for good: no retry, nothing skipped, and the process lives on.',
    why: 'It extends the filter for HTTP, which asks an HTTP adapter that is not there: a TypeError, for which kafkajs stops. And nobody sets the header in which it would count.',
    right:
      'Extend `BaseRpcExceptionFilter`, count in memory or in headers of a retry topic, and return `of(undefined)` to skip.',
  },
  () => {
    const stage = new Stage();

    const start = async (filter: RpcExceptionFilter | BaseExceptionFilter) => {
      const topic = await stage.topic('max-retries');
      const heard: unknown[] = [];
      const handler = hearer(topic, (payload) => {
        heard.push((payload as { name: string }).name);
        if (heard.at(-1) === 'poison') throw new Error('no such product');
      });
      const consumer = { retry: { retries: 5, initialRetryTime: 20, maxRetryTime: 50 } };
      const service = await stage.start(topic, [handler], { consumer }, (app) => app.useGlobalFilters(filter));
      await stage.broker.send(topic, { value: '{"name":"poison"}' }, { value: '{"name":"behind it"}' });
      return { topic, heard, service };
    };

    it('as documented ends the consumer at the first failure', async () => {
      const { topic, heard, service } = await start(new KafkaMaxRetryExceptionFilter());

      await eventually('the consumer crashes', () => service.crashes.length > 0);
      expect(service.crashes).toMatchObject([{ restart: false }]);
      expect(heard).toEqual(['poison']);
      expect(await stage.broker.committed(topic, topic)).toBe(-1);
    });

    it('goes on after some retries with a filter that counts by itself', async () => {
      const { topic, heard, service } = await start(new CountingFilter());

      await eventually('the commit', async () => (await stage.broker.committed(topic, topic)) === 2);
      expect(heard).toEqual(['poison', 'poison', 'poison', 'poison', 'behind it']);
      expect(service.crashes).toEqual([]);
    });
  },
);
