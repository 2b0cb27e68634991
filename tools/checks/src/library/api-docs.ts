import ts from 'typescript';
import type { Check } from '../check.js';

const ENTRIES = [
  'libs/kafka/src/index.ts',
  'libs/kafka/src/contract/index.ts',
  'libs/outbox/src/index.ts',
  'libs/outbox/src/drizzle/index.ts',
];

interface Undocumented {
  readonly name: string;
  readonly lacks: string;
}

/** What a reader of the library's types must find in their editor. */
export function checkApiDocs(): Check[] {
  const { config } = ts.readConfigFile('libs/kafka/tsconfig.json', (file) => ts.sys.readFile(file)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, 'libs/kafka');
  const program = ts.createProgram(ENTRIES, options);
  const checker = program.getTypeChecker();
  const found = ENTRIES.flatMap((entry) => {
    const source = program.getSourceFile(entry);
    const module = source && checker.getSymbolAtLocation(source);
    const exported = module ? checker.getExportsOfModule(module) : [];
    if (exported.length === 0) return [{ name: entry, lacks: 'exports' }];
    return exported.flatMap((symbol) => problemsOf(resolved(symbol, checker), checker));
  });
  const named = [...new Set(found.map(({ name, lacks }) => `${name} has no ${lacks}`))];
  return [
    {
      says: 'every export of the library and its members tell what they are, with unit and default',
      contradictions: named,
    },
  ];
}

const resolved = (symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

function problemsOf(symbol: ts.Symbol, checker: ts.TypeChecker): Undocumented[] {
  const members = (symbol.declarations ?? []).flatMap(membersOf);
  return [
    ...problemsIn(symbol.name, symbol, checker),
    ...members.flatMap((member) => {
      const own = checker.getSymbolAtLocation(member.name ?? member);
      return own ? problemsIn(`${symbol.name}.${own.name}`, own, checker, member) : [];
    }),
  ];
}

function problemsIn(name: string, symbol: ts.Symbol, checker: ts.TypeChecker, member?: ts.Node): Undocumented[] {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  const tags = symbol.getJsDocTags(checker).map((tag) => ts.displayPartsToString(tag.text));
  const all = [text, ...tags].join(' ');
  if (all.trim() === '') return [{ name, lacks: 'doc comment' }];
  const optional = member && ts.isPropertySignature(member) && member.questionToken;
  return [
    ...(optional && !/default|without/i.test(all) ? [{ name, lacks: 'default in its doc comment' }] : []),
    ...(/Ms$/.test(name) && !/milliseconds|\bms\b/i.test(all) ? [{ name, lacks: 'unit in its doc comment' }] : []),
  ];
}

type Member = ts.TypeElement | ts.ClassElement | ts.ParameterDeclaration;

/** What is public of an interface or a class, and declared there. */
function membersOf(declaration: ts.Declaration): Member[] {
  if (ts.isInterfaceDeclaration(declaration)) return [...declaration.members];
  if (!ts.isClassDeclaration(declaration)) return [];
  return declaration.members
    .flatMap((member): Member[] =>
      ts.isConstructorDeclaration(member)
        ? member.parameters.filter((parameter) => ts.isParameterPropertyDeclaration(parameter, member))
        : [member],
    )
    .filter(isPublic);
}

function isPublic(member: Member): boolean {
  const flags = ts.getCombinedModifierFlags(member);
  const inherited = flags & ts.ModifierFlags.Override;
  const name = member.name && !ts.isPrivateIdentifier(member.name);
  return Boolean(name) && !inherited && !(flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected));
}
