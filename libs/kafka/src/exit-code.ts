/** How a program ends that met this error: 2 where it was typed wrongly, 1 where it could not be done. */
export function exitCodeOf(error: unknown): number {
  const { code = '' } = error as { code?: string };
  return code === 'KAFKA_SETTINGS' || code.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
}
