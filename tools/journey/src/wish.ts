import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ShopError } from '@fieldguide/replicas';

/** What is ordered. */
export interface Wish {
  lines: { sku: string; quantity: number }[];
  card: string;
  email: string;
}

const OPTIONS = {
  sku: { type: 'string', multiple: true },
  quantity: { type: 'string', multiple: true },
  card: { type: 'string' },
  email: { type: 'string' },
  wait: { type: 'string' },
  json: { type: 'boolean' },
} as const;
const USAGE =
  'The options are --sku <sku> (tea), --quantity <number> (1, of the sku before it), --card <token> (tok_visa), --email <address>, --wait <seconds> (20, for its journey to end), --json.';

/** How long a journey may take where nobody says so, in s. */
const USUAL_WAIT = 20;

/** Reads `--sku tea --quantity 2 --sku mug`. Without options it is one tea. */
export function readWish(args: string[]): { wish: Wish; json: boolean; waitMs: number } {
  const { values, tokens } = parse(args);
  const lines: Wish['lines'] = [];
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    if (token.name === 'sku') lines.push({ sku: token.value ?? '', quantity: 1 });
    if (token.name === 'quantity') (lines.at(-1) ?? added(lines)).quantity = readQuantity(token.value);
  }
  if (lines.length === 0) added(lines);
  // An address of its own for each order, so that its mails can be told apart.
  const { card = 'tok_visa', email = `customer-${randomBytes(4).toString('hex')}@example.org`, json = false } = values;
  return { wish: { lines, card, email }, json, waitMs: readWait(values.wait) };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, tokens: true });
  } catch (error) {
    throw new ShopError(`${(error as Error).message.split(/\. |\.$/)[0]}. ${USAGE}`);
  }
}

function added(lines: Wish['lines']): Wish['lines'][number] {
  const line = { sku: 'tea', quantity: 1 };
  lines.push(line);
  return line;
}

function readWait(text = String(USUAL_WAIT)): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds > 0 && seconds <= 3_600) return seconds * 1_000;
  throw new ShopError(`--wait takes whole seconds from 1 to 3600, not ${JSON.stringify(text)}.`);
}

function readQuantity(text: string | undefined): number {
  const quantity = Number(text);
  if (text && Number.isInteger(quantity) && quantity > 0) return quantity;
  throw new ShopError(`--quantity takes a whole number from 1, not ${JSON.stringify(text)}.`);
}
