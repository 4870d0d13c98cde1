/** Expressions that do not depend on the nonce, as a list of steps: run once a job, in some microseconds. */
import { assert, assertPresent } from '../core/assert.ts';
import { apply, type Expression, type Operator } from './expression.ts';

/** Places are indices into the tape's memory. */
interface Step {
  readonly operator: Operator;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly amount: number;
  readonly result: number;
}

export class WordTape {
  readonly #places = new Map<Expression, number>();
  readonly #inputs: { readonly index: number; readonly place: number }[] = [];
  readonly #steps: Step[] = [];
  readonly #results: readonly number[];
  readonly #initialMemory: number[] = [];
  readonly #memory: Uint32Array;

  /** A tape that computes `results`, none of which may depend on the nonce. */
  constructor(results: readonly Expression[]) {
    this.#results = results.map((expression) => this.#placeOf(expression));
    this.#memory = Uint32Array.from(this.#initialMemory);
  }

  /** How many results there are. */
  get length(): number {
    return this.#results.length;
  }

  /** The results for `inputs`, words by the index of their input. They are written to `results`, from its beginning. */
  run(inputs: ArrayLike<number>, results: Uint32Array): void {
    const memory = this.#memory;
    for (const { index, place } of this.#inputs) {
      memory[place] = assertPresent(inputs[index], 'there is a word for each input');
    }
    for (const { operator, a, b, c, amount, result } of this.#steps) {
      memory[result] = apply(operator, memory[a] ?? 0, memory[b] ?? 0, memory[c] ?? 0, amount);
    }
    for (const [i, place] of this.#results.entries()) results[i] = memory[place] ?? 0;
  }

  #placeOf(expression: Expression): number {
    const known = this.#places.get(expression);
    if (known !== undefined) return known;
    assert(expression.type !== 'nonce', 'what is on a tape does not depend on the nonce');
    // The operands first: they have to be computed first.
    const operands =
      expression.type === 'operation' ? expression.operands.map((operand) => this.#placeOf(operand)) : [];
    const place = this.#initialMemory.push(expression.type === 'constant' ? expression.value : 0) - 1;
    this.#places.set(expression, place);
    if (expression.type === 'input') this.#inputs.push({ index: expression.index, place });
    if (expression.type === 'operation') {
      const [a = place, b = place, c = place] = operands;
      this.#steps.push({ operator: expression.operator, a, b, c, amount: expression.amount, result: place });
    }
    return place;
  }
}
