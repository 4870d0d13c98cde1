/**
 * Expressions over words, told apart by their binding: when their value is known.
 *
 * What depends on constants alone is computed at once. What depends on the job (the header without its nonce) is
 * computed once for thousands of nonces, so it is kept apart from what depends on the nonce: only the latter becomes
 * code. Equal expressions are one object, however often they are asked for.
 */
import { assert, assertNever } from '../core/assert.ts';
import { numberArithmetic } from './number-arithmetic.ts';
import type { WordArithmetic } from './sha256.ts';

/** What is done to words in one step. `xor3`, `choose` and `majority` are those of `WordArithmetic`. */
export type Operator = 'add' | 'and' | 'or' | 'xor' | 'xor3' | 'choose' | 'majority' | 'rotr' | 'shl' | 'shr';

/** A word, by how it comes about. */
export type Expression = Constant | Input | Nonce | Operation;

interface Numbered {
  /** Grows from one expression of a graph to the next: what an operation needs has a lower one. */
  readonly id: number;
}

/** A word that is known as code is generated. */
export interface Constant extends Numbered {
  readonly type: 'constant';
  readonly binding: 'constant';
  /** From 0 to 2^32-1. */
  readonly value: number;
}

/** A word that is known as a job begins. */
export interface Input extends Numbered {
  readonly type: 'input';
  readonly binding: 'job';
  readonly index: number;
}

/** The one word that differs from nonce to nonce. */
export interface Nonce extends Numbered {
  readonly type: 'nonce';
  readonly binding: 'nonce';
}

/** A word that is computed from others. */
export interface Operation extends Numbered {
  readonly type: 'operation';
  /** The latest of its operands. */
  readonly binding: 'job' | 'nonce';
  readonly operator: Operator;
  readonly operands: readonly Expression[];
  /** By how much is rotated or shifted; 0 for other operators. */
  readonly amount: number;
}

/** What a processor can do in one instruction beside adding, shifting, AND, OR and XOR. */
export interface InstructionSet {
  /** Rotates; otherwise a rotation is two shifts and an OR. */
  readonly hasRotate: boolean;
  /** Computes any function of three bits; otherwise XOR of three, CH and MAJ are made of functions of two. */
  readonly hasTernary: boolean;
}

/** Builds expressions that `instructions` can compute. Operations come out in the order in which they were asked for. */
export class ExpressionGraph implements WordArithmetic<Expression> {
  readonly nonce: Nonce = { id: 0, type: 'nonce', binding: 'nonce' };
  readonly #instructions: InstructionSet;
  readonly #known = new Map<string, Expression>();

  constructor(instructions: InstructionSet) {
    this.#instructions = instructions;
  }

  constant(value: number): Expression {
    const word = value >>> 0;
    return this.#unique(`constant ${word}`, (id) => ({ id, type: 'constant', binding: 'constant', value: word }));
  }

  input(index: number): Expression {
    return this.#unique(`input ${index}`, (id) => ({ id, type: 'input', binding: 'job', index }));
  }

  /** All operations, each after those that it needs. */
  *operations(): Generator<Operation> {
    for (const expression of this.#known.values()) if (expression.type === 'operation') yield expression;
  }

  /** Terms that do not depend on the nonce are added up first, so that at most one of them is left for each nonce. */
  add(...terms: readonly Expression[]): Expression {
    return this.#chain('add', terms);
  }

  xor3(a: Expression, b: Expression, c: Expression): Expression {
    // Of terms that are known earlier a chain makes one word, and has no more to do for a nonce than one function.
    const isTernary = this.#instructions.hasTernary && [a, b, c].every(({ binding }) => binding === 'nonce');
    return isTernary ? this.#operation('xor3', [a, b, c]) : this.#chain('xor', [a, b, c]);
  }

  /** Two shifts and an OR where the processor does not rotate. */
  rotateRight(x: Expression, count: number): Expression {
    assert(count >= 1 && count <= 31, 'a rotation moves by 1 to 31 bits');
    if (this.#instructions.hasRotate) return this.#operation('rotr', [x], count);
    return this.#operation('or', [this.#operation('shr', [x], count), this.#operation('shl', [x], 32 - count)]);
  }

  shiftRight(x: Expression, count: number): Expression {
    return this.#operation('shr', [x], count);
  }

  choose(e: Expression, f: Expression, g: Expression): Expression {
    if (this.#instructions.hasTernary) return this.#operation('choose', [e, f, g]);
    // One operation less than in RFC 6234's form: where a bit of e is 1, f takes the place of g.
    return this.#operation('xor', [this.#operation('and', [e, this.#operation('xor', [f, g])]), g]);
  }

  majority(a: Expression, b: Expression, c: Expression): Expression {
    if (this.#instructions.hasTernary) return this.#operation('majority', [a, b, c]);
    // The XOR of a and b is that of b and c one round later: of two, only one has to be computed.
    const different = this.#operation('and', [this.#operation('xor', [a, b]), this.#operation('xor', [b, c])]);
    return this.#operation('xor', [different, b]);
  }

  /** `operands` joined one after the other, those first that are known first. What is 0 changes neither a sum nor a XOR. */
  #chain(operator: 'add' | 'xor', operands: readonly Expression[]): Expression {
    const zero = this.constant(0);
    const join = (left: Expression, right: Expression): Expression => {
      if (left === zero) return right;
      return right === zero ? left : this.#operation(operator, [left, right]);
    };
    return BINDINGS.flatMap((binding) => operands.filter((operand) => operand.binding === binding)).reduce(join, zero);
  }

  #operation(operator: Operator, operands: readonly Expression[], amount = 0): Expression {
    if (operands.every((operand) => operand.type === 'constant')) {
      const [a = 0, b = 0, c = 0] = operands.map(({ value }) => value);
      return this.constant(apply(operator, a, b, c, amount));
    }
    const ordered = isCommutative(operator) ? operands.toSorted((a, b) => a.id - b.id) : operands;
    const binding = operands.some((operand) => operand.binding === 'nonce') ? 'nonce' : 'job';
    const [a, b, c] = ordered;
    const key = `${operator} ${amount} ${a?.id} ${b?.id} ${c?.id}`;
    return this.#unique(key, (id) => ({ id, type: 'operation', binding, operator, operands: ordered, amount }));
  }

  #unique(key: string, create: (id: number) => Expression): Expression {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const created = create(this.#known.size + 1);
    this.#known.set(key, created);
    return created;
  }
}

/** What `operator` makes of the words that it takes: numbers from 0 to 2^32-1, of which the last ones may be idle. */
export function apply(operator: Operator, a: number, b: number, c: number, amount: number): number {
  switch (operator) {
    case 'add':
      return (a + b) >>> 0;
    case 'and':
      return (a & b) >>> 0;
    case 'or':
      return (a | b) >>> 0;
    case 'xor':
      return (a ^ b) >>> 0;
    case 'xor3':
      return numberArithmetic.xor3(a, b, c);
    case 'choose':
      return numberArithmetic.choose(a, b, c);
    case 'majority':
      return numberArithmetic.majority(a, b, c);
    case 'rotr':
      return numberArithmetic.rotateRight(a, amount);
    case 'shl':
      return (a << amount) >>> 0;
    case 'shr':
      return numberArithmetic.shiftRight(a, amount);
    default:
      return assertNever(operator);
  }
}

function isCommutative(operator: Operator): boolean {
  return operator !== 'choose' && operator !== 'shl' && operator !== 'shr' && operator !== 'rotr';
}

/** When a value is known: as code is generated, as a job begins, or for each nonce. */
const BINDINGS = ['constant', 'job', 'nonce'] as const;
