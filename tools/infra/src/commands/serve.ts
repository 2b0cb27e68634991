import { acquireInfra } from '../acquire.js';
import { home } from '../home.js';

/** Holds a lease until SIGINT or SIGTERM. */
export async function serve(): Promise<number> {
  const { promise: ended, resolve: end } = deferred<number>();
  const infra = await acquireInfra({
    name: 'infra serve',
    say: (line) => console.log(line),
    onLost: (reason) => {
      console.error(reason);
      end(1);
    },
  });
  const stay = setInterval(() => undefined, 60_000);
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => end(0));
  console.log(`\nKafka       ${infra.kafka}\nPostgreSQL  ${new URL(infra.databaseServerUrl).host} (credentials.json)`);
  console.log(
    `Mail        ${infra.env['SMTP_URL']} ${infra.mailUrl}\nEverything about it lies in ${home()}. Ctrl-C ends it.`,
  );
  const code = await ended;
  await infra.release();
  clearInterval(stay);
  return code;
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
