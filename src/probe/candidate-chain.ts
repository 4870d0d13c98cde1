/** A candidate chain while it arrives: the JSON text of one block after the other, in bounded memory. */
import { decodeUtf8 } from '#host';
import { isWellFormedJson, readMembers } from '../core/json-text.ts';
import { ArraySplitter } from './array-splitter.ts';
import type { FrameSource } from './frame-source.ts';
import { ELEMENT_BYTES_MAX } from './probe-limits.ts';

/** Why there are no more blocks to come, beside that there are no more. */
export type CandidateFault = 'not-json' | 'block-too-large' | 'block-too-deep' | 'connection-ended';

/** Thrown to whoever goes through the blocks: what came so far is not the whole chain. */
export class CandidateBrokenError extends Error {
  override readonly name = 'CandidateBrokenError';
  readonly code: CandidateFault;

  constructor(code: CandidateFault, cause?: unknown) {
    super(`the candidate chain breaks off: ${code}`, { cause });
    this.code = code;
  }
}

export class CandidateChain {
  readonly #source: FrameSource;
  readonly #first: Uint8Array;
  #fault: CandidateFault | undefined;
  #stopped = false;

  /** The rest of the message at `source`, of which `first` has been read already. */
  constructor(source: FrameSource, first: Uint8Array) {
    this.#source = source;
    this.#first = first;
  }

  /** What has been found wrong so far. */
  get fault(): CandidateFault | undefined {
    return this.#fault;
  }

  /** Nothing more is read from the source, whoever may still ask for blocks. */
  stop(): void {
    this.#stopped = true;
  }

  /** Each block when it is asked for, well-formed JSON. Comes to its end only if the whole message is an array. */
  async *blocks(): AsyncGenerator<string, void, undefined> {
    const splitter = new ArraySplitter(ELEMENT_BYTES_MAX);
    for (let chunk: Uint8Array | undefined = this.#first; chunk !== undefined; chunk = await this.#nextChunk()) {
      for (const element of splitter.push(chunk)) {
        if (!element.ok) throw this.#break(element.fault.code === 'json-syntax' ? 'not-json' : 'block-too-large');
        const text = decodeUtf8(element.value);
        if (text === undefined) throw this.#break('not-json');
        if (!isWellFormedJson(text)) throw this.#break(nestsTooDeep(text) ? 'block-too-deep' : 'not-json');
        yield text;
        if (this.#stopped) return;
      }
    }
    if (splitter.end() !== undefined) throw this.#break('not-json');
  }

  async #nextChunk(): Promise<Uint8Array | undefined> {
    try {
      return await this.#source.nextBytes();
    } catch (cause) {
      throw this.#break('connection-ended', cause);
    }
  }

  #break(fault: CandidateFault, cause?: unknown): CandidateBrokenError {
    this.#fault = fault;
    return new CandidateBrokenError(fault, cause);
  }
}

/** Whether depth is the first thing wrong with `text`. */
function nestsTooDeep(text: string): boolean {
  const members = readMembers(text);
  return !members.ok && members.fault.code === 'json-depth';
}
