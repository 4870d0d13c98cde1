/** Places for requests that hold a connection to a node, so that the gateway leaves some of a node's for others. */
import type { FastifyReply } from 'fastify';
import { problem } from './problem.ts';

export class Places {
  readonly #name: string;
  readonly #max: number;
  #taken = 0;

  /** `name` says what they are for, in the plural. */
  constructor(name: string, max: number) {
    this.#name = name;
    this.#max = max;
  }

  /** Takes a place until `reply` is closed. Throws the problem `gateway-full` when there is none. */
  take(reply: FastifyReply): void {
    if (this.#taken >= this.#max) {
      throw problem('gateway-full', `There are ${this.#max} ${this.#name} already: end one, or try again later.`, {
        facts: { limit: this.#max },
        headers: { 'retry-after': '5' },
      });
    }
    this.#taken++;
    reply.raw.once('close', () => this.#taken--);
  }
}
