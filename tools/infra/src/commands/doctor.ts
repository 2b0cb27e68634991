import { type Check, examine, problems } from './checks.js';

const MARK: Record<Check['state'], string> = { ok: 'ok      ', note: 'note    ', missing: 'missing ' };

/** Says what is there, what is missing, and what cures it. */
export async function doctor(): Promise<number> {
  const checks = await examine();
  for (const { state, text, cure } of checks) {
    console.log(`${MARK[state]} ${text}`);
    if (cure) console.log(`         → ${cure}`);
  }
  const found = problems(checks).length;
  console.log(found === 0 ? '\nThe system can start: npm start.' : `\nThe system cannot start: ${found} missing.`);
  return found === 0 ? 0 : 1;
}
