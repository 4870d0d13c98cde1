/** Hostile peers, seen from whoever sets them upon a node. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { assert } from '../../src/core/assert.ts';

/** What the process of the attackers is told. */
export interface AttackerSettings {
  /** Of the peer door that is attacked. */
  readonly address: string;
  /** The canonical JSON. */
  readonly params: string;
  readonly seed: number;
  /** How many are there at once. */
  readonly seats: number;
  /** The names of the characters that are played; all of them where none is named. */
  readonly characters: readonly string[];
  /** How long each plays one character. */
  readonly turnMs: number;
}

/** What they have done. */
export interface AttackTally {
  readonly connections: number;
  readonly messages: number;
  readonly bytes: number;
  readonly headers: number;
}

export class Attackers {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  constructor(settings: AttackerSettings) {
    this.#child = fork(new URL('attacker-child.ts', import.meta.url), [JSON.stringify(settings)]);
    this.#ended = once(this.#child, 'exit').then(([code]) => {
      throw new Error(`the attackers ended with code ${code}`);
    });
    this.#ended.catch(() => undefined);
  }

  async tally(): Promise<AttackTally> {
    const answered: Promise<unknown[]> = once(this.#child, 'message');
    this.#child.send('tally');
    const [tally] = await Promise.race([answered, this.#ended]);
    assert(isTally(tally), 'the attackers say what they have done');
    return tally;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }
}

function isTally(message: unknown): message is AttackTally {
  return typeof message === 'object' && message !== null && 'connections' in message && 'headers' in message;
}
