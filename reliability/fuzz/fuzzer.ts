/** Feeds a target with mutations of its inputs, and keeps those that lead somewhere new or break it. */
import type { Random } from '../../src/simulator/random.ts';
import type { CoverageMeter } from './coverage.ts';
import { mutate } from './mutation.ts';
import { shrink } from './shrink.ts';
import type { FuzzTarget } from './target.ts';

/** An input under which the claim of its target does not hold. */
export interface FuzzFailure {
  readonly target: string;
  readonly input: Uint8Array;
  readonly message: string;
}

export interface FuzzerOptions {
  readonly target: FuzzTarget;
  readonly random: Random;
  /** Inputs to mutate; the seeds of the target, where there are none. */
  readonly corpus: readonly Uint8Array[];
  /** Leads the way to inputs that reach more of the program; without it, the corpus does not grow. */
  readonly coverage?: CoverageMeter | undefined;
  /** Is told of each input before it is tried. */
  readonly onInput?: (input: Uint8Array) => void;
}

export class Fuzzer {
  readonly #options: FuzzerOptions;
  readonly #corpus: Uint8Array[];
  /** Of the corpus, what was not in it at the beginning. */
  readonly found: Uint8Array[] = [];
  /** How many inputs were tried. */
  tried = 0;

  constructor(options: FuzzerOptions) {
    this.#options = options;
    this.#corpus = options.corpus.length > 0 ? [...options.corpus] : [...options.target.seeds()];
  }

  /** Tries what is kept, once; then, by chance, as many as `count` mutations of it. Ends at the first that breaks the claim. */
  async run(count: number): Promise<FuzzFailure | undefined> {
    for (const input of [...this.#corpus]) {
      const failure = await this.#try(input);
      if (failure !== undefined) return failure;
    }
    this.#options.coverage?.take();
    for (let done = 0; done < count; ) {
      const batch = this.#drawBatch(Math.min(BATCH_INPUTS, count - done));
      for (const input of batch) {
        const failure = await this.#try(input);
        if (failure !== undefined) return failure;
      }
      if (this.#options.coverage?.isNew() === true) await this.#keepNew(batch);
      done += batch.length;
    }
    return undefined;
  }

  #drawBatch(size: number): Uint8Array[] {
    const { target, random } = this.#options;
    return Array.from({ length: size }, () => mutate(random.pick(this.#corpus), this.#corpus, target, random));
  }

  async #try(input: Uint8Array): Promise<FuzzFailure | undefined> {
    const { target, onInput } = this.#options;
    onInput?.(input);
    this.tried++;
    const message = await breaks(target, input);
    if (message === undefined) return undefined;
    // It is to stay the same fault: what is shorter may be wrong otherwise.
    const kind = kindOf(message);
    const smallest = await shrink(input, async (other) => kindOf((await breaks(target, other)) ?? '') === kind);
    return { target: target.name, input: smallest, message: (await breaks(target, smallest)) ?? message };
  }

  /** Reading what was reached takes long: once for a batch, and of one with something new, once for each half, and so on. */
  async #keepNew(inputs: readonly Uint8Array[]): Promise<void> {
    const { coverage, target } = this.#options;
    if (coverage === undefined) return;
    const [only] = inputs;
    if (only === undefined) return;
    if (inputs.length === 1) {
      await breaks(target, only);
      if (coverage.take() === 0) return;
      this.#corpus.push(only);
      this.found.push(only);
      return;
    }
    const middle = inputs.length >> 1;
    for (const half of [inputs.slice(0, middle), inputs.slice(middle)]) {
      for (const input of half) await breaks(target, input);
      if (coverage.isNew()) await this.#keepNew(half);
    }
  }
}

/** What is wrong with what `target` makes of `input`; undefined where its claim holds. */
export async function breaks(target: FuzzTarget, input: Uint8Array): Promise<string | undefined> {
  try {
    // A copy: whoever writes into its input changes no other.
    await target.check(input.slice());
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

/** A message without what differs from one input to the next. */
function kindOf(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/\d+/g, '#').slice(0, 60);
}

const BATCH_INPUTS = 256;
