import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { UnrecoverableError } from '@fieldguide/kafka';
import type { Config } from '../config.js';
import { PaymentProvider, PaymentProviderDownError, PaymentProviderError } from './payment-provider.js';

const CHARGE = {
  orderId: '3f1c2a64-2f0e-4d0b-9a53-6c1de2a6b4f7',
  amount: { cents: 990, currency: 'EUR' },
  newsId: '0b0b2f8e-54a7-4a3c-9f2e-3d0d2c1b0a99',
};

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const clientOf = (url: string): PaymentProvider => new PaymentProvider({ paymentProviderUrl: url } as Config);

async function answeredBy(listener: RequestListener): Promise<PaymentProvider> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

const answering = (status: number, body: unknown): Promise<PaymentProvider> =>
  answeredBy((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });

describe('a charge at the payment provider', () => {
  it('carries the order as its idempotency key', async () => {
    const heard: unknown[] = [];
    const provider = await answeredBy((request, response) => {
      request.setEncoding('utf8').on('data', (body: string) => {
        heard.push(request.method, request.url, request.headers['idempotency-key'], JSON.parse(body));
        response.writeHead(201).end(JSON.stringify({ paymentId: 'pay_1', status: 'captured' }));
      });
    });

    expect(await provider.charge(CHARGE, 'tok_visa')).toEqual({ status: 'captured', paymentId: 'pay_1' });
    const { orderId, amount } = CHARGE;
    expect(heard).toEqual(['POST', '/charges', orderId, { orderId, card: 'tok_visa', amount }]);
  });

  it('that was booked before is captured', async () => {
    const provider = await answering(200, { paymentId: 'pay_1', status: 'captured' });

    expect(await provider.charge(CHARGE, 'tok_visa')).toEqual({ status: 'captured', paymentId: 'pay_1' });
  });

  it('is declined by the bank, in its words', async () => {
    const provider = await answering(402, { reason: 'card declined', status: 'declined' });

    expect(await provider.charge(CHARGE, 'tok_declined')).toEqual({ status: 'declined', reason: 'card declined' });
  });

  it('is declined when nobody knows the card', async () => {
    const provider = await answering(400, { error: 'Unknown card', problems: ['card is not a known token'] });

    expect(await provider.charge(CHARGE, 'tok_nobody')).toEqual({ status: 'declined', reason: 'card not known' });
  });

  it.each([400, 404, 422])('that is refused with %i is given up', async (status) => {
    const provider = await answering(status, { error: 'The charge is not valid.' });

    await expect(provider.charge(CHARGE, 'tok_visa')).rejects.toThrow(UnrecoverableError);
  });

  it('is tried again after a 500', async () => {
    const provider = await answering(500, { error: 'failed' });

    await expect(provider.charge(CHARGE, 'tok_visa')).rejects.toThrow(PaymentProviderError);
  });

  it('is tried again when the answer is not what was agreed', async () => {
    const provider = await answering(201, { id: 7 });

    await expect(provider.charge(CHARGE, 'tok_visa')).rejects.toThrow(
      "The payment provider's answer has no paymentId.",
    );
  });

  it('waits for a provider that is overloaded', async () => {
    const provider = await answering(503, '<html>');

    await expect(provider.charge(CHARGE, 'tok_visa')).rejects.toThrow(PaymentProviderDownError);
  });

  it('waits for a provider that refuses connections, or drops them', async () => {
    const refusing = clientOf('http://127.0.0.1:1').charge(CHARGE, 'tok_visa');
    const dropping = (await answeredBy((request) => request.socket.destroy())).charge(CHARGE, 'tok_visa');

    await expect(refusing).rejects.toThrow(PaymentProviderDownError);
    await expect(refusing).rejects.toThrow(/gave no answer: (ECONNREFUSED|bad port)/);
    await expect(dropping).rejects.toThrow(PaymentProviderDownError);
  });

  it('is given up waiting for when nobody waits for its answer any more', async () => {
    const nobody = new AbortController();
    const provider = await answeredBy(() => nobody.abort());

    await expect(provider.charge(CHARGE, 'tok_visa', nobody.signal)).rejects.toThrow(PaymentProviderDownError);
  });
});
