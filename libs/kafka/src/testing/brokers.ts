/** The broker that the runner found or started. */
export const brokers = (): string[] => {
  const list = process.env['KAFKA_BROKERS'];
  if (!list) throw new Error('KAFKA_BROKERS is not set: run broker specs with `npx nx broker-test kafka`.');
  return list.split(',');
};
