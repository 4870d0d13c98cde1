/** The mutants of a source: it with one small mistake each. */
import { type Node, parseSync, visitorKeys } from 'oxc-parser';
import { isClaim, type Replacement, replacementsFor } from './replacements.ts';

export interface Mutant extends Replacement {
  /** The file, from the root of the repository. */
  readonly path: string;
  /** Of the line in which it begins: what the page of explained mutants knows it by, for numbers of lines move. */
  readonly line: string;
  readonly lineNumber: number;
  /** What stands there, and what it becomes, both in short. */
  readonly change: string;
}

/** The mutants of `source`, in the order of their places. */
export function findMutants(path: string, source: string): Mutant[] {
  const { program, errors } = parseSync(path, source, { preserveParens: true });
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`);
  const mutants: Mutant[] = [];
  const visit = (node: Node, parent: Node | undefined): void => {
    if (isOfTypes(node) || (parent !== undefined && isClaim(node, parent))) return;
    for (const replacement of replacementsFor(node, parent, source)) {
      if (mutate(source, replacement) !== source) mutants.push(mutantOf(path, source, replacement));
    }
    for (const child of childrenOf(node)) visit(child, node);
  };
  visit(program, undefined);
  return mutants.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** The source with the mistake in it. */
export function mutate(source: string, { start, end, text }: Replacement): string {
  return source.slice(0, start) + text + source.slice(end);
}

/** `src/core/body.ts:81 · if (i > 0) bytes[offset++] = COMMA; · > → >=` */
export function describe({ path, lineNumber, line, change }: Mutant): string {
  return `${path}:${lineNumber} · ${line} · ${change}`;
}

function mutantOf(path: string, source: string, replacement: Replacement): Mutant {
  const { start, end, text } = replacement;
  const lineStart = source.lastIndexOf('\n', start - 1) + 1;
  const lineEnd = source.indexOf('\n', start);
  return {
    ...replacement,
    path,
    line: source.slice(lineStart, lineEnd < 0 ? source.length : lineEnd).trim(),
    lineNumber: source.slice(0, start).split('\n').length,
    change: `${short(source.slice(start, end))} → ${short(text)}`,
  };
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  if (line === '') return 'nothing';
  return line.length <= SHOWN_MAX ? line : `${line.slice(0, SHOWN_MAX)}…`;
}

/** Types are gone when the program runs, imports are names, and so is what is exported from elsewhere. */
function isOfTypes(node: Node): boolean {
  if (node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration') return true;
  return node.type.startsWith('TS') && !EXPRESSIONS_WITH_TYPES.includes(node.type);
}

function childrenOf(node: Node): Node[] {
  const isNamed = 'key' in node && 'computed' in node && !node.computed;
  return (visitorKeys[node.type] ?? [])
    .filter((key) => !(isNamed && key === 'key'))
    .flatMap((key) => (node as unknown as Readonly<Record<string, unknown>>)[key])
    .filter((child): child is Node => typeof child === 'object' && child !== null && 'type' in child);
}

const SHOWN_MAX = 48;
const EXPRESSIONS_WITH_TYPES: readonly string[] = ['TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression'];
