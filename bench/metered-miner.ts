/** A whole miner at work, and how many nonces it has tried: as many as its own events tell of. */
import { HEADER_BYTES } from '../src/core/header.ts';
import type { KernelName } from '../src/mining/kernel-name.ts';
import type { MachineShare } from '../src/mining/machine-share.ts';
import type { Miner, MiningEvent } from '../src/mining/miner.ts';
import { createProcessMiner } from '../src/mining/process-miner.ts';
import { createWorkerMiner } from '../src/mining/worker-miner.ts';

/** One of the ways in which there can be a miner. */
export interface MinerSort {
  readonly name: string;
  start(options: {
    readonly kernel: KernelName;
    readonly share: MachineShare;
    readonly onEvent: (event: MiningEvent) => void;
    readonly onFailure: (error: Error) => void;
  }): Miner;
}

/** Its threads are those of this process, so that the processor time they take is known here. */
export const THREADED_MINER: MinerSort = {
  name: 'in threads',
  start: ({ share, ...options }) => createWorkerMiner({ ...options, ...share }),
};

/** As a node has it. */
export const PROCESS_MINER: MinerSort = {
  name: 'in a process of its own',
  start: (options) => createProcessMiner(options),
};

export class MeteredMiner {
  readonly #miner: Miner;
  #listener: (event: MiningEvent) => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;
  #jobs = 0;

  constructor(sort: MinerSort, { kernel, threads }: { readonly kernel: KernelName; readonly threads: number }) {
    this.#miner = sort.start({
      kernel,
      share: { threads, dutyCycle: 1 },
      onEvent: (event) => this.#listener(event),
      onFailure: (error) => this.#fail(error),
    });
  }

  /**
   * Has another header searched until a nonce is found or, when the miner reports its progress, `isEnough`. Resolves to the
   * number of nonces that have been tried by then.
   */
  search(target: bigint, isEnough: () => boolean): Promise<number> {
    this.#jobs++;
    const id = this.#jobs;
    const headerBytes = new Uint8Array(HEADER_BYTES).fill(0x4c);
    new DataView(headerBytes.buffer).setUint32(HEIGHT_OFFSET, id);
    return new Promise((resolve, reject) => {
      let hashes = 0;
      this.#fail = reject;
      this.#listener = (event) => {
        if (!('jobId' in event) || event.jobId !== id) return;
        if (event.type === 'progress') hashes = event.hashes;
        // While its threads start, a miner reports that it has tried nothing.
        if (event.type === 'found' || (hashes > 0 && isEnough())) resolve(hashes);
      };
      this.#miner.mine({ id, headerBytes, target });
    });
  }

  rest(): void {
    this.#miner.cancel();
  }

  close(): Promise<void> {
    return this.#miner.close();
  }
}

const HEIGHT_OFFSET = 2;
