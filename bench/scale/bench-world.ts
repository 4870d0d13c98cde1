/** What the parts of the scale benchmark share: its sizes, where its chains are kept, and a folder that is deleted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Peers, preparePeers } from '../peers/installed-peers.ts';
import { type ChainShape, provideChain, type ScaleChain } from './scale-chain.ts';

/** How large everything is. */
export interface ScaleSizes {
  /** Blocks of the chain with one entry in each. */
  readonly singles: number;
  /** Blocks of the chain with `entriesPerBlock` entries in each. */
  readonly batches: number;
  readonly entriesPerBlock: number;
  /** Heights at which a block is mined; the last is that of the long chain. */
  readonly minedAt: readonly number[];
  /** Whether measuring waits until the miners are up, which would else be measured as well. */
  readonly awaitsMiners: boolean;
  /** Blocks mined at each. */
  readonly minedBlocks: number;
  /** Lookups of each kind. */
  readonly lookups: number;
  /** Entries appended in one turn. */
  readonly appended: number;
  readonly relayNodes: number;
  readonly relayRounds: number;
  /** About how many bytes the data of a relayed block have. */
  readonly relayBytes: number;
  readonly openings: number;
  /** Blocks that the other node syncs, and records that the other log replicates. */
  readonly peerBlocks: number;
  readonly peerRecords: number;
}

const FULL_SIZES: ScaleSizes = {
  singles: 1_000_000,
  batches: 1_000,
  entriesPerBlock: 1_000,
  minedAt: [10, 10_000, 1_000_000],
  awaitsMiners: true,
  minedBlocks: 100,
  lookups: 20_000,
  appended: 50_000,
  relayNodes: 8,
  relayRounds: 5,
  relayBytes: 1_040_000,
  openings: 5,
  peerBlocks: 5_000,
  peerRecords: 100_000,
};

/** To see that everything runs. */
const QUICK_SIZES: ScaleSizes = {
  singles: 300,
  batches: 3,
  entriesPerBlock: 100,
  minedAt: [10, 300],
  awaitsMiners: false,
  minedBlocks: 2,
  lookups: 20,
  appended: 200,
  relayNodes: 3,
  relayRounds: 1,
  relayBytes: 60_000,
  openings: 1,
  peerBlocks: 50,
  peerRecords: 500,
};

export class BenchWorld {
  readonly sizes: ScaleSizes;
  /** For what does not outlive the run. */
  readonly folder = mkdtempSync(join(tmpdir(), 'cairn-scale-'));
  readonly #cacheFolder: string;
  readonly #wantsPeers: boolean;
  #peers: Promise<Peers> | undefined;
  #homes = 0;

  /** Small chains are built anew each time, in the folder of the run, so that a test leaves nothing behind. */
  constructor(options: { readonly isQuick: boolean; readonly wantsPeers: boolean }) {
    this.sizes = options.isQuick ? QUICK_SIZES : FULL_SIZES;
    this.#cacheFolder = options.isQuick ? join(this.folder, 'chains') : CACHE_FOLDER;
    this.#wantsPeers = options.wantsPeers;
  }

  /** The long chain, with one entry in each block. */
  singles(blocks: number = this.sizes.singles): Promise<ScaleChain> {
    return this.#chain({ blocks, entriesPerBlock: 1 });
  }

  /** As many entries, in blocks of many. */
  batches(): Promise<ScaleChain> {
    const { batches: blocks, entriesPerBlock } = this.sizes;
    return this.#chain({ blocks, entriesPerBlock });
  }

  /** What others have made, to measure beside; it is installed when it is first asked for. */
  peers(): Promise<Peers> {
    this.#peers ??= preparePeers({ cacheFolder: CACHE_FOLDER, isWanted: this.#wantsPeers });
    return this.#peers;
  }

  /** A folder of its own, empty. */
  newFolder(): string {
    this.#homes++;
    return mkdtempSync(join(this.folder, `${this.#homes}-`));
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #chain(shape: ChainShape): Promise<ScaleChain> {
    return provideChain(this.#cacheFolder, shape);
  }
}

const CACHE_FOLDER = fileURLToPath(new URL('../.cache', import.meta.url));
