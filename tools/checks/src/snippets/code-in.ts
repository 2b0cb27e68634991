import ts from 'typescript';

/**
 * A piece of a source file, moved to the left edge.
 * @param what `Name` or `Class.member`: the declaration with its comment and decorators; then `signature` (bodies become
 * `{ … }`), and `"first words"`: the first statement, decorator or expression in it that begins so. Nothing: the whole
 * file without its imports.
 * @throws Error naming what is not there
 */
export function codeIn(file: string, text: string, what: string): string {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const [, name = '', signature, words] = /^([\w.$#]*)\s*(signature)?\s*(?:"(.*)")?$/.exec(what) ?? [];
  if (!name && !signature && words === undefined && what !== '') throw new Error(`${what}: not understood`);
  const declared = name === '' ? source : declaration(source, name.split('.'));
  if (!declared) throw new Error(`${file} has no ${name}`);
  const node = words === undefined ? declared : beginning(declared, words, source);
  if (!node) throw new Error(`${file}: nothing in ${name || 'it'} begins with ${words}`);
  if (node === source) return withoutImports(source);
  return moved(signature ? withoutBodies(node, source) : textOf(node, source), columnOf(node, source));
}

function declaration(parent: ts.Node, [name, ...rest]: readonly string[]): ts.Node | undefined {
  let found: ts.Node | undefined;
  const look = (node: ts.Node): void => {
    if (found) return;
    if (nameOf(node) === name) found = ts.isVariableDeclaration(node) ? node.parent.parent : node;
    else if (!ts.isClassDeclaration(node) || node === parent) ts.forEachChild(node, look);
  };
  ts.forEachChild(parent, look);
  return found && rest.length > 0 ? declaration(found, rest) : found;
}

function nameOf(node: ts.Node): string | undefined {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  // `this.store` has a name, too, and declares nothing.
  if (ts.isPropertyAccessExpression(node)) return undefined;
  const { name } = node as { name?: ts.Node };
  return name && (ts.isIdentifier(name) || ts.isPrivateIdentifier(name)) ? name.text : undefined;
}

/** The outermost node that begins with these words. */
function beginning(within: ts.Node, words: string, source: ts.SourceFile): ts.Node | undefined {
  let found: ts.Node | undefined;
  const look = (node: ts.Node): void => {
    if (found) return;
    if (node !== within && node.getText(source).startsWith(words)) found = node;
    else ts.forEachChild(node, look);
  };
  look(within);
  return found;
}

/** With its comment, where it has one of its own. */
function textOf(node: ts.Node, source: ts.SourceFile): string {
  return source.text.slice(node.getStart(source, true), node.getEnd());
}

const columnOf = (node: ts.Node, source: ts.SourceFile): number =>
  source.getLineAndCharacterOfPosition(node.getStart(source, true)).character;

const moved = (text: string, columns: number): string =>
  text.replaceAll(new RegExp(`^ {1,${Math.max(columns, 1)}}`, 'gm'), columns > 0 ? '' : '$&');

function withoutBodies(node: ts.Node, source: ts.SourceFile): string {
  const start = node.getStart(source, true);
  const bodies: ts.Node[] = [];
  const look = (inner: ts.Node): void => {
    if (ts.isBlock(inner) && ts.isFunctionLike(inner.parent)) bodies.push(inner);
    else ts.forEachChild(inner, look);
  };
  look(node);
  return bodies.reduceRight(
    (text, body) => `${text.slice(0, body.getStart(source) - start)}{ … }${text.slice(body.getEnd() - start)}`,
    textOf(node, source),
  );
}

function withoutImports(source: ts.SourceFile): string {
  const first = source.statements.find((statement) => !ts.isImportDeclaration(statement));
  return first ? source.text.slice(first.getStart(source, true)).trim() : '';
}
