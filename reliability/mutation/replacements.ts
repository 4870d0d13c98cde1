/**
 * The small mistakes that mutation testing makes on purpose: for each node of a program's tree, what could stand there
 * instead. Where two would say the same, only the one that is harder to notice is made: `a && b` becomes `a` and `b`,
 * not `a || b`.
 */
import type { Expression, Node } from 'oxc-parser';

/** What is written in the place of the characters from `start` to `end`. */
export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The replacements for `node` itself, which stands in `parent`. Those for what is inside it are its children's. */
export function replacementsFor(node: Node, parent: Node | undefined, source: string): Replacement[] {
  switch (node.type) {
    case 'BinaryExpression': {
      if (node.operator === '+' && (isText(node.left) || isText(node.right))) return [];
      const place = operatorPlace(source, node.operator, node.left, node.right);
      return (BINARY.get(node.operator) ?? []).map((text) => ({ ...place, text }));
    }
    case 'AssignmentExpression': {
      const place = operatorPlace(source, node.operator, node.left, node.right);
      const text = ASSIGNMENT.get(node.operator);
      return text === undefined ? [] : [{ ...place, text }];
    }
    case 'LogicalExpression':
      return [node.left, node.right].map((kept) => inPlaceOf(node, textOf(kept, source)));
    case 'UpdateExpression': {
      const start = node.prefix ? node.start : node.end - 2;
      return [{ start, end: start + 2, text: node.operator === '++' ? '--' : '++' }];
    }
    case 'UnaryExpression':
      return ['-', '!', '~'].includes(node.operator) ? [inPlaceOf(node, ` ${textOf(node.argument, source)}`)] : [];
    case 'IfStatement':
    case 'ConditionalExpression':
      return [inPlaceOf(node.test, 'true'), inPlaceOf(node.test, 'false')];
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'ForStatement':
      return node.test === null ? [] : [inPlaceOf(node.test, 'false')];
    case 'SwitchCase': {
      const [first] = node.consequent;
      const last = node.consequent.at(-1);
      return first === undefined || last === undefined ? [] : [{ start: first.start, end: last.end, text: '' }];
    }
    case 'BlockStatement':
      return node.body.length === 0 || isEndless(parent) ? [] : [inPlaceOf(node, '{}')];
    case 'ArrowFunctionExpression':
      return node.expression ? [inPlaceOf(node.body, 'undefined')] : [];
    case 'ExpressionStatement':
      return isLeftOut(node.expression) ? [inPlaceOf(node, ';')] : [];
    case 'BreakStatement':
    case 'ContinueStatement':
      return [inPlaceOf(node, ';')];
    case 'ArrayExpression':
      return node.elements.length === 0 ? [] : [inPlaceOf(node, '[]')];
    case 'ObjectExpression':
      return node.properties.length === 0 ? [] : [inPlaceOf(node, '{}')];
    case 'TemplateLiteral':
      return source.slice(node.start, node.end) === '``' ? [] : [inPlaceOf(node, "''")];
    case 'Literal':
      return literals(node, source);
    case 'CallExpression':
      return calls(node, source);
    case 'MemberExpression':
      return node.optional ? [withoutQuestionMark(source, node.object.end, node.property.start)] : [];
    default:
      return [];
  }
}

/** Whether what stands in `node` is words for people who mend Cairn, which no test should have to repeat. */
export function isClaim(node: Node, parent: Node): boolean {
  return (
    parent.type === 'CallExpression' &&
    parent.callee.type === 'Identifier' &&
    ASSERTIONS.includes(parent.callee.name) &&
    parent.arguments.indexOf(node as (typeof parent.arguments)[number]) === 1
  );
}

function inPlaceOf(node: { readonly start: number; readonly end: number }, text: string): Replacement {
  return { start: node.start, end: node.end, text };
}

function textOf(node: Node, source: string): string {
  return source.slice(node.start, node.end);
}

function operatorPlace(source: string, operator: string, left: Node, right: Node): { start: number; end: number } {
  const start = source.indexOf(operator, left.end);
  if (start < 0 || start >= right.start) throw new Error(`There is no ${operator} at ${left.end}.`);
  return { start, end: start + operator.length };
}

/** From `?.` only the point is left, and from `?.[` not even that. */
function withoutQuestionMark(source: string, start: number, end: number): Replacement {
  const at = source.indexOf('?.', start);
  const isComputed = source.slice(at + 2, end).startsWith('[');
  return { start: at, end: at + 2, text: isComputed ? '' : '.' };
}

function literals(node: Extract<Node, { type: 'Literal' }>, source: string): Replacement[] {
  if ('regex' in node) {
    return patterns(node.regex.pattern, node.start + 1);
  }
  if ('bigint' in node) return [inPlaceOf(node, `${BigInt(node.bigint) + 1n}n`)];
  if (typeof node.value === 'number') return [inPlaceOf(node, `(${textOf(node, source)} + 1)`)];
  if (typeof node.value === 'boolean') return [inPlaceOf(node, String(!node.value))];
  if (typeof node.value === 'string') return [inPlaceOf(node, node.value === '' ? "'mutant'" : "''")];
  return [];
}

/** A pattern, which begins at `start`, without each of its anchors, with each class turned round, and with each count one higher. */
function patterns(pattern: string, start: number): Replacement[] {
  const others: Replacement[] = [];
  for (const found of pattern.matchAll(/\\.|\[\^?|[$^]|\d+(?=\})/g)) {
    const [token] = found;
    const text = PATTERN.get(token) ?? (/^\d/.test(token) ? String(Number(token) + 1) : undefined);
    if (text === undefined) continue;
    const place = start + found.index;
    others.push({ start: place, end: place + token.length, text });
  }
  return others;
}

function calls(node: Extract<Node, { type: 'CallExpression' }>, source: string): Replacement[] {
  const { callee } = node;
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier' || callee.computed) return [];
  const { name } = callee.property;
  if (LEFT_OUT.includes(name)) return [inPlaceOf(node, textOf(callee.object, source))];
  const other = METHODS.get(name);
  return other === undefined ? [] : [inPlaceOf(callee.property, other)];
}

/** Whether a statement of this expression can be left out, and it is not only a check on ourselves. */
function isLeftOut(expression: Expression): boolean {
  if (expression.type === 'AssignmentExpression') return true;
  if (expression.type !== 'CallExpression') return false;
  return !(expression.callee.type === 'Identifier' && ASSERTIONS.includes(expression.callee.name));
}

/** Whether the loop would hardly ever end if nothing were done in it. */
function isEndless(loop: Node | undefined): boolean {
  return loop?.type === 'WhileStatement' || (loop?.type === 'ForStatement' && loop.test === null);
}

function isText(node: Node): boolean {
  return node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string');
}

const BINARY: ReadonlyMap<string, readonly string[]> = new Map([
  ['+', ['-']],
  ['-', ['+']],
  ['*', ['/']],
  ['/', ['*']],
  ['%', ['*']],
  ['**', ['*']],
  ['<<', ['>>']],
  ['>>', ['<<']],
  ['>>>', ['<<']],
  ['&', ['|']],
  ['|', ['&']],
  ['^', ['&']],
  ['<', ['<=', '>=']],
  ['<=', ['<', '>']],
  ['>', ['>=', '<=']],
  ['>=', ['>', '<']],
  ['===', ['!==']],
  ['!==', ['===']],
]);
const ASSIGNMENT: ReadonlyMap<string, string> = new Map([
  ['+=', '-='],
  ['-=', '+='],
  ['*=', '/='],
  ['/=', '*='],
  ['|=', '&='],
  ['&=', '|='],
  ['<<=', '>>='],
  ['>>=', '<<='],
  ['>>>=', '<<='],
  ['&&=', '='],
  ['||=', '='],
  ['??=', '='],
]);
const PATTERN: ReadonlyMap<string, string> = new Map([
  ['^', ''],
  ['$', ''],
  ['[', '[^'],
  ['[^', '['],
]);
/** Methods that are easily taken for each other. */
const METHODS: ReadonlyMap<string, string> = new Map([
  ['min', 'max'],
  ['max', 'min'],
  ['every', 'some'],
  ['some', 'every'],
  ['startsWith', 'endsWith'],
  ['floor', 'ceil'],
]);
/** Methods whose calls are left out, so that what they are called on stays as it was. */
const LEFT_OUT: readonly string[] = ['slice', 'subarray', 'sort', 'trim', 'filter', 'reverse', 'padStart'];
const ASSERTIONS: readonly string[] = ['assert', 'assertPresent', 'assertNever'];
