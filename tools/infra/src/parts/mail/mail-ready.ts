import net from 'node:net';
import tls from 'node:tls';
import { firstLine, InfraError } from '../../infra-error.js';
import { within } from '../../machine/until.js';

const GREETING_WITHIN_MS = 5_000;

/** Rejects unless the server greets with 220. */
export function smtpGreets(smtpUrl: string): Promise<void> {
  const { protocol, hostname, port } = new URL(smtpUrl);
  const host = hostname.replace(/^\[|\]$/g, '');
  const isSecure = protocol === 'smtps:';
  const address = { host, port: Number(port) || (isSecure ? 465 : 25) };
  const socket = isSecure ? tls.connect({ ...address, servername: host }) : net.connect(address);
  const greeting = new Promise<void>((resolve, reject) => {
    socket.setEncoding('utf8');
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('it closed the connection without a greeting')));
    socket.once('data', (line: string) => {
      if (line.startsWith('220')) resolve();
      else reject(new Error(`it greets with ${JSON.stringify(line.slice(0, 60).trim())}`));
    });
  });
  return within(`The greeting of ${host}:${address.port}`, GREETING_WITHIN_MS, greeting).finally(() => {
    socket.on('error', () => undefined);
    socket.end('QUIT\r\n');
    socket.destroySoon();
  });
}

/** Somebody else's mail server. */
export async function externalMailAnswers(smtpUrl: string): Promise<void> {
  await smtpGreets(smtpUrl).catch((error: unknown) => {
    const where = `${new URL(smtpUrl).host} (SMTP_URL)`;
    throw new InfraError(
      `No mail server answers at ${where}: ${firstLine(error)}; check SMTP_URL, or unset it to start one here.`,
    );
  });
}

/** The page and the API behind it. */
export async function pageAnswers(pageUrl: string): Promise<void> {
  const answer = await fetch(new URL('/healthz', pageUrl), { signal: AbortSignal.timeout(GREETING_WITHIN_MS) });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`the mail page answers ${answer.status}`);
}
