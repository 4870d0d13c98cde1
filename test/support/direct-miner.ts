/** A miner for networks whose target half of all hashes meet. */
import assert from 'node:assert/strict';
import { hashToNumber } from '../../src/core/hash.ts';
import { parseHeader } from '../../src/core/header.ts';
import { hashedHeader } from '../../src/core/validation.ts';
import type { Miner, MiningEvent, MiningJob } from '../../src/mining/miner.ts';

/** Finds the nonce of a job on the next turn of the loop. */
export class DirectMiner implements Miner {
  readonly #report: (event: MiningEvent) => void;
  #job: number | undefined;
  isClosed = false;

  constructor(report: (event: MiningEvent) => void) {
    this.#report = report;
  }

  mine({ id, headerBytes, target }: MiningJob): void {
    const header = parseHeader(headerBytes);
    assert.ok(header.ok);
    let nonce = 0;
    while (hashToNumber(hashedHeader({ ...header.value, nonce }).hash) > target) nonce++;
    this.#job = id;
    setImmediate(() => {
      if (this.#job === id) this.#report({ type: 'found', jobId: id, nonce });
    });
  }

  cancel(): void {
    this.#job = undefined;
  }

  async close(): Promise<void> {
    this.cancel();
    this.isClosed = true;
  }
}
