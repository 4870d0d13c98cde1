/** The latest blocks of the node that is asked, kept up to date. */
import type { NetworkEvent } from '../../api/http-shapes.ts';
import { api, type Trouble } from './api.ts';
import { live } from './live.svelte.ts';
import { advance, RECENT_BLOCKS, type RecentBlock, recentFrom } from './recent-chain.ts';

export class ChainHead {
  /** Highest first; undefined until the node has answered. */
  blocks: readonly RecentBlock[] | undefined = $state.raw(undefined);
  trouble: Trouble | undefined = $state.raw(undefined);

  #port: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | undefined;

  /** Follows the node that `live.port` names. To be called while a component is made. */
  constructor() {
    $effect(() => {
      const port = live.port;
      if (port === undefined) return;
      this.#port = port;
      this.#ask(0);
      const stop = live.onEvent((event) => this.#take(event));
      return () => {
        stop();
        clearTimeout(this.#timer);
        this.#asking?.abort();
      };
    });
  }

  /** Whether what is shown is to stay as it is. */
  get #isHeld(): boolean {
    return live.connection === 'paused' && this.blocks !== undefined;
  }

  #take(event: NetworkEvent): void {
    if (event.port !== this.#port) return;
    if (event.type === 'node-joined') return this.#ask(0);
    if (event.type === 'node-status' || event.type === 'node-left') return;
    const next = this.blocks === undefined ? undefined : advance(this.blocks, event);
    if (next === undefined) return this.#ask(SOON);
    // What is not told by the event is asked for, once for many.
    if (next !== this.blocks) this.#ask(SOON);
    this.blocks = next;
  }

  #ask(delay: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#refresh(), delay);
  }

  async #refresh(): Promise<void> {
    const port = this.#port;
    if (port === undefined || this.#isHeld) return;
    this.#asking?.abort();
    this.#asking = new AbortController();
    const page = await api.blocks(port, { limit: RECENT_BLOCKS, signal: this.#asking.signal });
    // What was asked before a pause may tell of what came after it.
    if (port !== this.#port || this.#isHeld) return;
    if (page.ok) {
      this.blocks = recentFrom(page.value.blocks);
      this.trouble = undefined;
    } else if (page.fault.code !== 'cancelled') {
      this.trouble = page.fault;
    }
  }
}

/** In ms: a burst of blocks is asked about once. */
const SOON = 200;
