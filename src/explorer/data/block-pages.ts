/**
 * The summaries of a long chain, fetched by pages where they are looked at, and kept for a while. A page is fetched only
 * once it was wanted for a moment, and given up when it is not any more: who flies past a thousand pages fetches few.
 */
import type { BlockSummary } from '../../api/shapes.ts';
import type { Asked, Trouble } from './api.ts';

/** Fetches blocks downwards, from the height `from`. */
export type FetchBlocks = (options: {
  readonly from: number;
  readonly limit: number;
  readonly signal: AbortSignal;
}) => Promise<Asked<{ readonly blocks: readonly BlockSummary[] }>>;

interface Page {
  /** By height above the lowest of the page. */
  readonly blocks: readonly (BlockSummary | undefined)[];
  /** Whether it has to be fetched again when it is next wanted. */
  readonly isStale: boolean;
}

export class BlockPages {
  /** Why the page that was asked for last did not come, until one does. */
  trouble: Trouble | undefined;

  readonly #fetch: FetchBlocks;
  readonly #onChange: () => void;
  /** In the order of use, so that the first is the one to be dropped. */
  readonly #pages = new Map<number, Page>();
  readonly #fetching = new Map<number, AbortController>();
  #wanted: readonly number[] = [];
  #tipHeight = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(fetchBlocks: FetchBlocks, onChange: () => void) {
    this.#fetch = fetchBlocks;
    this.#onChange = onChange;
  }

  /** The block at `height`, if it is here. */
  at(height: number): BlockSummary | undefined {
    return this.#pages.get(pageOf(height))?.blocks[height % PAGE_BLOCKS];
  }

  /** The chain ends at `height` now. */
  setTip(height: number): void {
    if (height === this.#tipHeight) return;
    const changed = Math.min(height, this.#tipHeight);
    this.#tipHeight = height;
    this.changedFrom(Math.max(0, changed));
  }

  /** The blocks from `height` up may be others now: they are shown until those have come. */
  changedFrom(height: number): void {
    for (const [number, page] of this.#pages) {
      if (number >= pageOf(height)) this.#pages.set(number, { ...page, isStale: true });
    }
    for (const [number, fetching] of this.#fetching) {
      if (number >= pageOf(height)) fetching.abort();
    }
    this.#schedule();
  }

  /** Fetches what is not here of the blocks between two heights, and gives up what is on its way beside them. */
  want(lowest: number, highest: number): void {
    const first = pageOf(Math.max(0, lowest));
    const last = pageOf(Math.min(highest, this.#tipHeight));
    this.#wanted = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => last - index);
    for (const [number, fetching] of this.#fetching) if (!this.#wanted.includes(number)) fetching.abort();
    this.#schedule();
  }

  /** Gives up whatever is on its way. */
  close(): void {
    clearTimeout(this.#timer);
    this.#wanted = [];
    for (const fetching of this.#fetching.values()) fetching.abort();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#wanted.some((number) => this.#isMissing(number))) this.#timer = setTimeout(() => this.#begin(), PAUSE);
  }

  #begin(): void {
    for (const number of this.#wanted) if (this.#isMissing(number)) void this.#load(number);
  }

  #isMissing(number: number): boolean {
    const page = this.#pages.get(number);
    return (page === undefined || page.isStale) && !this.#fetching.has(number);
  }

  async #load(number: number): Promise<void> {
    const lowest = number * PAGE_BLOCKS;
    const from = Math.min(lowest + PAGE_BLOCKS - 1, this.#tipHeight);
    const fetching = new AbortController();
    this.#fetching.set(number, fetching);
    const answer = await this.#fetch({ from, limit: from - lowest + 1, signal: fetching.signal });
    this.#fetching.delete(number);
    if (fetching.signal.aborted) {
      // It may be wanted again by now.
      this.#schedule();
      return;
    }
    if (answer.ok) this.#keep(number, answer.value.blocks);
    this.trouble = answer.ok ? undefined : answer.fault;
    this.#onChange();
  }

  #keep(number: number, summaries: readonly BlockSummary[]): void {
    const blocks: (BlockSummary | undefined)[] = new Array(PAGE_BLOCKS).fill(undefined);
    for (const block of summaries) if (pageOf(block.height) === number) blocks[block.height % PAGE_BLOCKS] = block;
    this.#pages.delete(number);
    this.#pages.set(number, { blocks, isStale: false });
    for (const [oldest] of this.#pages) {
      if (this.#pages.size <= PAGES_KEPT) break;
      if (!this.#wanted.includes(oldest)) this.#pages.delete(oldest);
    }
  }
}

function pageOf(height: number): number {
  return Math.floor(height / PAGE_BLOCKS);
}

/** As many as the interface gives at once. */
const PAGE_BLOCKS = 100;
const PAGES_KEPT = 64;
/** In ms: a page that is flown past is not fetched. */
const PAUSE = 60;
