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
  json: { type: 'boolean' },
} as const;
const USAGE =
  'The options are --sku <sku> (tea), --quantity <number> (1, of the sku before it), --card <token> (tok_visa), --email <address>, --json.';

/** Reads `--sku tea --quantity 2 --sku mug`. Without options it is one tea. */
export function readWish(args: string[]): { wish: Wish; json: boolean } {
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
  return { wish: { lines, card, email }, json };
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

function readQuantity(text: string | undefined): number {
  const quantity = Number(text);
  if (text && Number.isInteger(quantity) && quantity > 0) return quantity;
  throw new ShopError(`--quantity takes a whole number from 1, not ${JSON.stringify(text)}.`);
}
