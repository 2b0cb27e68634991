import { startPaymentProvider } from './provider.js';

const { PAYMENT_PROVIDER_PORT, PAYMENT_PROVIDER_CONTROL_PORT, PAYMENT_PROVIDER_LEDGER } = process.env;
const problems = [
  ...portProblem('PAYMENT_PROVIDER_PORT', PAYMENT_PROVIDER_PORT),
  ...portProblem('PAYMENT_PROVIDER_CONTROL_PORT', PAYMENT_PROVIDER_CONTROL_PORT),
  ...(PAYMENT_PROVIDER_LEDGER ? [] : ['PAYMENT_PROVIDER_LEDGER must name the folder of the ledger']),
];
if (problems.length > 0) fail(problems.join('\n'));

const provider = await startPaymentProvider({
  port: Number(PAYMENT_PROVIDER_PORT),
  controlPort: Number(PAYMENT_PROVIDER_CONTROL_PORT),
  ledger: PAYMENT_PROVIDER_LEDGER ?? '',
}).catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
console.log(
  `The payment provider takes charges at ${provider.url}; its ledger and faults are at ${provider.controlUrl}.`,
);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    provider.stop();
    process.exit(0);
  });

function portProblem(name: string, value: string | undefined): string[] {
  const port = Number(value);
  return value && Number.isInteger(port) && port >= 0 && port < 65_536 ? [] : [`${name} must be a port number`];
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
