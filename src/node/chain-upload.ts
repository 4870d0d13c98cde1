/**
 * Candidate chains that come in parts, one call after the other: of any length, though a frame is not, and with an answer
 * that says why. Their blocks are judged as they come, like those of a chain in one message.
 */
import type { OfferVerdict } from './chain-offer.ts';

/** Some more blocks of a chain, each as JSON text. */
export interface ChainPart {
  readonly blocks: readonly string[];
  readonly isLast: boolean;
}

/** The chains that are coming in, one on a connection at a time. */
export class ChainUploads {
  readonly #offer: (pieces: AsyncIterable<readonly string[]>) => Promise<OfferVerdict>;
  readonly #underWay = new WeakMap<AbortSignal, ChainUpload>();

  constructor(offer: (pieces: AsyncIterable<readonly string[]>) => Promise<OfferVerdict>) {
    this.#offer = offer;
  }

  /**
   * Takes the next part of the chain that comes on `connection`, which is told apart by what is aborted when it ends.
   * Resolves when all of the part is judged or being judged; with the verdict, when there is one: then the next part is
   * the first of another chain.
   */
  async take(part: ChainPart, connection: AbortSignal): Promise<OfferVerdict | undefined> {
    let upload = this.#underWay.get(connection);
    if (upload === undefined) {
      upload = new ChainUpload(this.#offer, connection);
      this.#underWay.set(connection, upload);
    }
    let verdict: OfferVerdict | undefined;
    try {
      verdict = await upload.take(part);
      return verdict;
    } finally {
      const isOver = verdict !== undefined || upload.hasFailed;
      if (isOver && this.#underWay.get(connection) === upload) this.#underWay.delete(connection);
    }
  }
}

class ChainUpload {
  readonly #connection: AbortSignal;
  readonly #verdict: Promise<OfferVerdict>;
  readonly #parts: { readonly part: ChainPart; readonly taken: () => void }[] = [];
  #wake: () => void = () => undefined;
  #hasFailed = false;

  constructor(offer: (pieces: AsyncIterable<readonly string[]>) => Promise<OfferVerdict>, connection: AbortSignal) {
    this.#connection = connection;
    connection.addEventListener('abort', () => this.#wake(), { once: true });
    this.#verdict = offer(this.#pieces());
    // Whoever hands in a part hears of it.
    this.#verdict.catch(() => {
      this.#hasFailed = true;
    });
  }

  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  async take(part: ChainPart): Promise<OfferVerdict | undefined> {
    const taken = Promise.withResolvers<undefined>();
    this.#parts.push({ part, taken: () => taken.resolve(undefined) });
    this.#wake();
    return part.isLast ? this.#verdict : Promise.race([this.#verdict, taken.promise]);
  }

  async *#pieces(): AsyncGenerator<readonly string[], void, undefined> {
    for (;;) {
      const next = this.#parts.shift();
      if (next === undefined) {
        this.#connection.throwIfAborted();
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      yield next.part.blocks;
      if (next.part.isLast) return;
      next.taken();
    }
  }
}
