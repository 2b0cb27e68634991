import { readFileSync } from 'node:fs';
import ts from 'typescript';
import type { Check } from '../check.js';

const SETTINGS = 'libs/kafka/src/client/settings.ts';
const OPTIONS = 'libs/kafka/src/handling/handler-options.ts';
const PAGE = 'libs/kafka/README.md';

/** README's table of settings, and what their comments say, against the code: every setting, default and unit. */
export function checkSettings(): Check[] {
  const source = ts.createSourceFile(SETTINGS, readFileSync(SETTINGS, 'utf8'), ts.ScriptTarget.ES2022, true);
  const defaults = defaultsIn(source);
  const settings = settingsIn(source).map((name) => ({ name, default: spell(name, defaults.get(name)) }));
  const rows = rowsOf('setting');
  const known = new Set(settings.map(({ name }) => name));
  return [
    {
      says: 'the table of settings in the library’s README names each setting with its default and unit',
      contradictions: [
        ...(settings.length === 0 ? [`${SETTINGS}: no settings were found`] : []),
        ...settings
          .filter((setting) => rows.get(setting.name) !== setting.default)
          .map(
            ({ name, default: is }) => `${PAGE}: ${name} is "${is}", the table says "${rows.get(name) ?? 'nothing'}"`,
          ),
        ...[...rows.keys()].filter((name) => !known.has(name)).map((name) => `${PAGE}: there is no setting ${name}`),
      ],
    },
    { says: 'the comments of the settings tell their defaults', contradictions: wrongComments(source, defaults) },
    { says: 'the table of a handler’s options names each of them', contradictions: wrongOptions() },
  ];
}

/** First and second cell of the table whose first column is called so. */
function rowsOf(column: string): Map<string, string> {
  const [, table = ''] = new RegExp(`^\\| ${column} .*\n((?:\\|.*\n)+)`, 'm').exec(readFileSync(PAGE, 'utf8')) ?? [];
  const rows = [...table.matchAll(/^\| `(\w+)`\s*\|([^|]*)\|/gm)];
  return new Map(rows.map(([, name = '', cell = '']) => [name, cell.trim()]));
}

function wrongOptions(): string[] {
  const source = ts.createSourceFile(OPTIONS, readFileSync(OPTIONS, 'utf8'), ts.ScriptTarget.ES2022, true);
  const options = membersIn(source, 'HandleEventOptions').map((member) => member.name.getText());
  const told = [...rowsOf('option').keys()];
  return [
    ...(options.length === 0 ? [`${OPTIONS}: no options were found`] : []),
    ...options.filter((name) => !told.includes(name)).map((name) => `${PAGE}: ${name} is missing`),
    ...told.filter((name) => !options.includes(name)).map((name) => `${PAGE}: there is no option ${name}`),
  ];
}

function settingsIn(source: ts.SourceFile): string[] {
  return membersIn(source).map((member) => member.name.getText());
}

function membersIn(source: ts.SourceFile, name = 'KafkaSettings'): ts.PropertySignature[] {
  const declared = source.statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === name,
  ) as ts.InterfaceDeclaration | undefined;
  return [...(declared?.members ?? [])].filter((member) => ts.isPropertySignature(member));
}

/** From the object in `withDefaults`; `brokers` stands there too, but has none. */
function defaultsIn(source: ts.SourceFile): Map<string, string> {
  const defaults = new Map<string, string>();
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === 'resolved' && node.initializer) {
      for (const property of (node.initializer as ts.ObjectLiteralExpression).properties) {
        if (ts.isPropertyAssignment(property)) defaults.set(property.name.getText(), plain(property.initializer));
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  defaults.delete('brokers');
  return defaults;
}

/** `[100, 2_000]` is told as `100, 2 000`. */
const plain = (value: ts.Expression): string => value.getText().replace(/[[\]]/g, '').replaceAll('_', ' ');

function spell(name: string, value: string | undefined): string {
  if (value === undefined) return '–';
  return value + unitOf(name);
}

const unitOf = (name: string): string => (name.endsWith('Ms') ? ' ms' : name.endsWith('Bytes') ? ' bytes' : '');

function wrongComments(source: ts.SourceFile, defaults: ReadonlyMap<string, string>): string[] {
  return membersIn(source).flatMap((member) => {
    const name = member.name.getText();
    const value = defaults.get(name);
    const comment = member.getFullText().replace(/\s*\n\s*\*?\s*/g, ' ');
    if (value === undefined || comment.includes(`Default: ${value}`)) return [];
    return [`${SETTINGS}: ${name} has the default ${value}, its comment does not say "Default: ${value}"`];
  });
}
