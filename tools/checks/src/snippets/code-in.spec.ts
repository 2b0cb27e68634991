import { describe, expect, it } from '@jest/globals';
import { codeIn } from './code-in.js';

const FILE = `import { x } from 'y';

const first = 1;

/** Charges it. */
@Controller()
export class Charge {
  constructor(private readonly charges: Charges) {}

  /** Once. */
  @Handle(OrderPlaced, { times: 1 })
  async handle(@Payload() order: OrderPlaced): Promise<void> {
    const done = await this.charges.charge(order, {
      slowly: true,
    });
    return done;
  }
}
`;

const code = (what: string): string => codeIn('charge.ts', FILE, what);

describe('code that a page shows', () => {
  it('is what is declared, and not what is called so before', () => {
    const text = 'class A {\n  first() {\n    return this.second();\n  }\n  second() {}\n}';

    expect(codeIn('a.ts', text, 'A.second')).toBe('second() {}');
  });

  it('is a declaration with its comment and decorators, moved to the left', () => {
    expect(code('Charge.handle').split('\n')).toEqual([
      '/** Once. */',
      '@Handle(OrderPlaced, { times: 1 })',
      'async handle(@Payload() order: OrderPlaced): Promise<void> {',
      '  const done = await this.charges.charge(order, {',
      '    slowly: true,',
      '  });',
      '  return done;',
      '}',
    ]);
    expect(code('Charge').split('\n')[0]).toBe('/** Charges it. */');
    expect(code('first')).toBe('const first = 1;');
  });

  it('is what a declaration looks like from outside', () => {
    expect(code('Charge.handle signature')).toBe(
      '/** Once. */\n@Handle(OrderPlaced, { times: 1 })\nasync handle(@Payload() order: OrderPlaced): Promise<void> { … }',
    );
  });

  it('is the statement, decorator or expression that begins with some words', () => {
    expect(code('Charge.handle "@Handle(Order"')).toBe('@Handle(OrderPlaced, { times: 1 })');
    expect(code('Charge "const done"')).toBe('const done = await this.charges.charge(order, {\n  slowly: true,\n});');
    expect(code('"return done"')).toBe('return done;');
  });

  it('is all of a file but its imports', () => {
    expect(code('')).toBe(FILE.slice(FILE.indexOf('const first')).trim());
  });

  it('is named where it is not there', () => {
    expect(() => code('Charge.refund')).toThrow('charge.ts has no Charge.refund');
    expect(() => code('Charge "const none"')).toThrow('nothing in Charge begins with const none');
    expect(() => code('?')).toThrow('not understood');
  });
});
