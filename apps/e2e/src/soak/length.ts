/** `npm run soak` tells a story at full length; `npm test` the same one in short. */
export const isLong = process.env['FIELDGUIDE_SOAK'] === 'long';

export const shortOrLong = (short: number, long: number): number => (isLong ? long : short);

/** One line that stays in the output of the run. */
export const tell = (line: string): void => void process.stdout.write(`  ${line}\n`);
