/**
 * Specs write poison, kill and delete: an external broker or database is touched only by who asks for it.
 * Throws a sentence after giving the infrastructure back.
 */
export async function refuseExternal(choices, giveBack) {
  const external = choices.filter(({ part, provider }) => part !== 'mail' && provider === 'external');
  if (external.length === 0 || process.env.FIELDGUIDE_EXTERNAL_TOO === '1') return;
  await giveBack();
  const parts = external.map(({ part }) => part).join(' and ');
  throw new Error(
    `Specs would run on an external ${parts}: unset KAFKA_BROKERS and DATABASE_URL, or say "npm test -- --external-too" ` +
      '(FIELDGUIDE_EXTERNAL_TOO=1 for a single runner).',
  );
}
