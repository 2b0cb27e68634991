const PALETTE = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];
const { NO_COLOR, FORCE_COLOR } = process.env;
const coloured = !NO_COLOR && (FORCE_COLOR ? FORCE_COLOR !== '0' : Boolean(process.stdout.isTTY));

/** `billing-1       | line`, each name in a colour of its own where the terminal has colours. */
export class Prefixes {
  private readonly colours = new Map<string, number>();

  constructor(private readonly width: number) {}

  put(name: string, line: string): string {
    const prefix = `${name.padEnd(this.width)} |`;
    return `${coloured ? `\u001b[${this.colourOf(name)}m${prefix}\u001b[0m` : prefix} ${line}`;
  }

  private colourOf(name: string): number {
    const known = this.colours.get(name);
    if (known !== undefined) return known;
    const colour = PALETTE[this.colours.size % PALETTE.length] ?? 37;
    this.colours.set(name, colour);
    return colour;
  }
}

export const bold = (text: string): string => (coloured ? `\u001b[1m${text}\u001b[0m` : text);
