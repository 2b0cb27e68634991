import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { DependencyDownError, UnrecoverableError } from '@fieldguide/kafka';
import { eventually } from '@fieldguide/service-kit/testing';
import { MailServer } from './mail-server.js';

const MAIL = {
  address: 'ada@customers.example',
  subject: 'Your order 7: received',
  text: 'Your order 7.\n',
  messageId: '7.order-received@fieldguide.example',
};

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** Goes on answering and never comes to an end, so that the connection is never idle. */
const ENDLESS = 'endless';

interface Conversation {
  readonly lines: string[];
  readonly url: string;
}

/** A mail server that answers each command by `answers`, where they say so, and otherwise takes everything. */
async function serverThatAnswers(answers: Record<string, string | undefined> = {}): Promise<Conversation> {
  const lines: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    let inBody = false;
    const answer = (command: string, usual: string) => {
      const text = command in answers ? answers[command] : usual;
      if (text === ENDLESS) {
        const timer = setInterval(() => socket.write('250-and\r\n'), 20);
        socket.on('close', () => clearInterval(timer));
      } else if (text !== undefined) socket.write(`${text}\r\n`);
    };
    answer('greeting', '220 ready');
    let rest = '';
    socket.setEncoding('utf8').on('error', () => undefined);
    socket.on('data', (chunk: string) => {
      const received = (rest + chunk).split('\r\n');
      rest = received.pop() ?? '';
      for (const line of received) {
        lines.push(line);
        const command = inBody ? line : (line.split(/[ :]/)[0] ?? '');
        if (inBody && line !== '.') continue;
        if (command === '.') answer('body', '250 taken');
        else if (command === 'DATA') answer('DATA', '354 go on');
        else answer(command, '250 fine');
        inBody = command === 'DATA';
      }
    });
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { lines, url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const failureOf = (url: string, timeoutMs = 5_000): Promise<Error> =>
  new MailServer({ url, timeoutMs }).send(MAIL).then(
    () => new Error('It was sent.'),
    (error: Error) => error,
  );

describe('a mail', () => {
  it('goes out from the shop, to the customer, with its message id', async () => {
    const { lines, url } = await serverThatAnswers();

    await new MailServer({ url }).send(MAIL);

    expect(lines).toEqual(
      expect.arrayContaining([
        'MAIL FROM:<shop@fieldguide.example>',
        'RCPT TO:<ada@customers.example>',
        'Subject: Your order 7: received',
        'Message-ID: <7.order-received@fieldguide.example>',
        'Your order 7.',
      ]),
    );
  });

  it('has one recipient, whatever stands in the address', async () => {
    const { lines, url } = await serverThatAnswers();

    await new MailServer({ url })
      .send({ ...MAIL, address: 'ada@customers.example, eve@evil.example' })
      .catch(() => undefined);

    expect(lines.filter((line) => line.startsWith('RCPT')).join()).not.toContain('<eve@evil.example>');
  });
});

describe('a mail server that takes no mails', () => {
  it.each([
    ['greets with a refusal', { greeting: '554 go away' }, '554'],
    ['closes', { RCPT: '421 closing' }, '421'],
    ['refuses the shop as a sender', { MAIL: '550 not you' }, '550 to MAIL FROM'],
  ])('is down, not the mail wrong: it %s', async (_what, answers, told) => {
    const { url } = await serverThatAnswers(answers);

    const failure = await failureOf(url);

    expect(failure).toBeInstanceOf(DependencyDownError);
    expect(failure.message).toContain(told);
  });

  it('is down where nobody listens', async () => {
    const { url } = await serverThatAnswers();
    await new Promise((closed) => servers.pop()?.close(closed));

    const failure = await failureOf(url);

    expect(failure).toBeInstanceOf(DependencyDownError);
    expect(failure.message).toMatch(/^The mail server takes no mails \(E/);
  });

  it.each([
    ['silent', 'greeting', undefined],
    ['silent', 'EHLO', undefined],
    ['silent', 'RCPT', undefined],
    ['silent', 'body', undefined],
    ['endless', 'RCPT', ENDLESS],
  ])('is waited for no longer than the limit: %s at %s', async (_how, step, answer) => {
    const { url } = await serverThatAnswers({ [step]: answer });

    const failure = await failureOf(url, 200);

    expect(failure).toBeInstanceOf(DependencyDownError);
    await eventually(() => expect(sockets.size).toBe(0));
  });
});

describe('a mail that the server refuses', () => {
  it.each([
    ['the address', { RCPT: '550 no such user: ada@customers.example' }],
    ['the text', { body: '554 looks like spam' }],
  ])('for good is never tried again: %s', async (_what, answers) => {
    const { url } = await serverThatAnswers(answers);

    const failure = await failureOf(url);

    expect(failure).toBeInstanceOf(UnrecoverableError);
    expect(failure).toMatchObject({ code: 'MAIL_REFUSED' });
    expect(failure.message).not.toContain('ada@');
  });

  it('for now is tried again, and holds up no other for long', async () => {
    const { url } = await serverThatAnswers({ RCPT: '450 mailbox is busy' });

    const failure = await failureOf(url);

    expect(failure.message).toBe('The mail server refuses a mail for now (450 to RCPT TO).');
    expect(failure).not.toBeInstanceOf(UnrecoverableError);
    expect(failure).not.toBeInstanceOf(DependencyDownError);
  });
});
