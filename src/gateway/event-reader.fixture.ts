/** For tests of event streams: what a browser does with one. */
import { assertPresent } from '../core/assert.ts';

export interface Told {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
  readonly comment?: string;
}

/** An event stream as a browser reads it. */
export class Reader {
  readonly #response: Response;
  readonly #chunks: AsyncIterator<string>;
  readonly #abort: AbortController;
  #text = '';

  private constructor(response: Response, abort: AbortController) {
    this.#response = response;
    this.#abort = abort;
    this.#chunks = assertPresent(response.body ?? undefined, 'a stream has a body')
      .pipeThrough(new TextDecoderStream())
      [Symbol.asyncIterator]();
  }

  static async open(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reader> {
    const abort = new AbortController();
    return new Reader(await fetch(url, { method, headers, signal: abort.signal }), abort);
  }

  get response(): Response {
    return this.#response;
  }

  /** The next piece up to an empty line; undefined at the end. */
  async next(): Promise<Told | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const lines = this.#text.slice(0, end).split('\n');
        this.#text = this.#text.slice(end + 2);
        return Object.fromEntries(
          lines.map((line) => {
            const colon = line.indexOf(': ');
            return [colon === 0 ? 'comment' : line.slice(0, colon), line.slice(colon + 2)];
          }),
        );
      }
      const { done, value } = await this.#chunks.next();
      if (done === true) return undefined;
      this.#text += value;
    }
  }

  /** The next `count` events, without what only says where the stream stands. */
  async take(count: number): Promise<Told[]> {
    const told: Told[] = [];
    while (told.length < count) {
      const piece = assertPresent(await this.next(), 'the stream goes on');
      if (piece.event !== undefined) told.push(piece);
    }
    return told;
  }

  /** Where the answer is a problem: its code. */
  async problemCode(): Promise<string> {
    for (let next = await this.#chunks.next(); next.done !== true; next = await this.#chunks.next()) {
      this.#text += next.value;
    }
    return JSON.parse(this.#text).code;
  }

  close(): void {
    this.#abort.abort();
  }
}
