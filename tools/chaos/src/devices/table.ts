import type { Report } from '@fieldguide/oracle';
import type { Device } from './devices.js';
import type { DeviceName } from './variants/take-out.js';

/** What one device was worth. */
export interface Row {
  readonly name: DeviceName;
  readonly device: Pick<Device, 'service' | 'promise' | 'fault'>;
  readonly with: Judgement;
  readonly without: Judgement;
}

type Judgement = Pick<Report, 'verdict' | 'contradictions' | 'unfinished'>;

/** The device is what keeps the shop's word: with it the word is kept, without it it is not. */
export const isNeeded = ({ with: kept, without }: Row): boolean =>
  kept.verdict === 'kept' && without.verdict === 'broken';

/** A table in Markdown, as pages have it. */
export function table(rows: readonly Row[]): string {
  const head = ['device', 'taken out of', 'fault', 'with it', 'without it'];
  const lines = rows.map(({ name, device, ...row }) => [
    ...[`\`${name}\`: ${device.promise}`, device.service, device.fault],
    ...[inWords(row.with), inWords(row.without)],
  ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function inWords({ verdict, contradictions, unfinished }: Judgement): string {
  const [first] = contradictions;
  if (verdict === 'kept') return 'kept';
  if (!first) return `not known: ${unfinished[0] ?? ''}`;
  return `**${first.code}** ${first.sentence}`;
}
