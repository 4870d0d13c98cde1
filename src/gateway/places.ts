/** Places for requests that hold a connection to a node, so that the gateway leaves some of a node's for others. */
import { problem } from './problem.ts';

/** A reply, or a socket that a request has turned into. */
interface PlaceHolder {
  readonly raw: { once(event: 'close', listener: () => void): unknown };
}

export class Places {
  readonly #name: string;
  readonly #max: number;
  #taken = 0;

  /** `name` says what they are for, in the plural. */
  constructor(name: string, max: number) {
    this.#name = name;
    this.#max = max;
  }

  /** How many places are taken now. */
  get taken(): number {
    return this.#taken;
  }

  /** Takes a place until what is under `holder` is closed. Throws the problem `gateway-full` when there is none. */
  take(holder: PlaceHolder): void {
    if (this.#taken >= this.#max) {
      throw problem('gateway-full', `There are ${this.#max} ${this.#name} already: end one, or try again later.`, {
        facts: { limit: this.#max },
        headers: { 'retry-after': '5' },
      });
    }
    this.#taken++;
    holder.raw.once('close', () => this.#taken--);
  }
}
