import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KafkaModule } from '@fieldguide/kafka';
import { Body, Controller, Get, type INestApplication, Post } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Type } from 'class-transformer';
import { IsInt, IsString, Length, Min, ValidateNested } from 'class-validator';
import { DatabaseDownError } from '../database/database-errors.js';
import { eventually } from '../testing/index.js';
import { BodyOf } from './read-request.js';
import { HttpApiModule } from './http-api.module.js';

class Loaf {
  @IsInt() @Min(1) weight!: number;
}

class Baking {
  @IsString() @Length(1, 10) bread!: string;
  @ValidateNested() @Type(() => Loaf) loaf!: Loaf;
}

/** Those that are in the oven: each ends one of them. */
let baking: (() => void)[] = [];

@Controller('bread')
class Bakery {
  @Post()
  bake(@Body(new BodyOf(Baking)) wish: Baking): Baking {
    return wish;
  }

  @Get('slow')
  async slow(): Promise<string> {
    await new Promise<void>((resolve) => baking.push(resolve));
    return 'baked';
  }

  @Get('without-database')
  fail(): never {
    throw new DatabaseDownError('The database does not answer.');
  }
}

let app: INestApplication;
let url: string;

beforeEach(async () => {
  baking = [];
  const kafka = KafkaModule.forService(
    { service: 'bakery', contracts: [] },
    { useFactory: () => ({ brokers: ['127.0.0.1:1'] }) },
  );
  // Beside the messaging's own filter, which catches everything, as in a service.
  const module = await Test.createTestingModule({ imports: [kafka, HttpApiModule], controllers: [Bakery] }).compile();
  app = module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${(app.getHttpServer() as { address(): AddressInfo }).address().port}/bread`;
});
afterEach(() => app.close());

const post = async (body: string, type = 'application/json'): Promise<{ status: number; answer: unknown }> => {
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': type } });
  return { status: response.status, answer: await response.json() };
};

describe('a request with a body', () => {
  it('reaches the controller as an instance, without fields that nobody knows', async () => {
    const sent = { bread: 'rye', loaf: { weight: 1, crust: 'hard' }, price: 3 };

    expect(await post(JSON.stringify(sent))).toEqual({
      status: 201,
      answer: { bread: 'rye', loaf: { weight: 1 } },
    });
  });

  it('is refused with one entry for each wrong field', async () => {
    const { status, answer } = await post(JSON.stringify({ bread: 7, loaf: { weight: 0.5 } }));

    expect(status).toBe(400);
    expect(answer).toMatchObject({
      statusCode: 400,
      message: 'Not accepted as it is: bread, loaf.weight.',
      errors: [
        { field: 'bread', reason: expect.stringContaining('must be a string') },
        { field: 'loaf.weight', reason: expect.stringContaining('must be an integer') },
      ],
    });
  });

  it.each(['[]', '"rye"', '7', 'null', '', '{"bread": "4111111111111111"', 'bread=4111111111111111', '[1'])(
    'that is %p is refused as no JSON object, without repeating it',
    async (body) => {
      const { status, answer } = await post(body);

      expect(status).toBe(400);
      expect(answer).toMatchObject({ statusCode: 400, errors: expect.any(Array) });
      expect(JSON.stringify(answer)).not.toContain('4111');
    },
  );

  it('of another type is refused', async () => {
    expect(await post('{"bread":"rye"}', 'text/plain')).toMatchObject({ status: 400 });
  });
});

describe('an answer', () => {
  it('has the correlation id that came with the request', async () => {
    const response = await fetch(`${url}/nothing`, { headers: { 'x-correlation-id': 'abc-1' } });

    expect(response.headers.get('x-correlation-id')).toBe('abc-1');
  });

  it('leaves it to the client to close the connection: a request on it would be reset', async () => {
    const response = await fetch(`${url}/nothing`);

    expect(response.headers.get('keep-alive')).toBe('timeout=75');
  });

  it('says that one may come back when the database is down', async () => {
    const response = await fetch(`${url}/without-database`);

    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await response.json()).toMatchObject({ statusCode: 503 });
  });
});

describe('a service that stops', () => {
  const agent = new Agent({ keepAlive: true });
  afterEach(() => agent.destroy());

  const get = (path: string, closed?: () => void): Promise<{ status?: number; text: string }> =>
    new Promise((resolve, reject) => {
      request(`${url}${path}`, { agent }, (response) => {
        let text = '';
        if (closed) response.socket.once('close', closed);
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => resolve({ status: response.statusCode, text }));
      })
        .on('error', reject)
        .end();
    });

  it('finishes the requests that run, takes no new one, and closes what is idle meanwhile', async () => {
    let closed = 0;
    const slow = [1, 2].map(() => get('/slow', () => closed++));
    await eventually(() => expect(baking).toHaveLength(2));
    const [one, other] = baking;

    const closing = app.close();
    await eventually(() => expect(fetch(`${url}/nothing`)).rejects.toThrow('fetch failed'));
    one?.();
    await eventually(() => expect(closed).toBe(1));
    other?.();

    // Had the idle one been cut off with all others, at the end of the time for that, this would be none.
    expect(await Promise.all(slow)).toEqual(Array(2).fill({ status: 200, text: 'baked' }));
    await closing;
  });

  it('cuts off a request that does not end', async () => {
    const slow = get('/slow').catch((error: Error) => error.message);
    await eventually(() => expect(baking).toHaveLength(1));

    await app.close();

    expect(await slow).toBe('socket hang up');
  });
});
