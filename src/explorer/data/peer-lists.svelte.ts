/** Whom every node that answers is connected to, kept up to date. */
import { untrack } from 'svelte';
import type { PeerView } from '../../api/shapes.ts';
import { api, type Trouble } from './api.ts';
import { live } from './live.svelte.ts';

export class PeerLists {
  /** By port; undefined until all have answered. */
  byPort: ReadonlyMap<number, readonly PeerView[]> | undefined = $state.raw(undefined);
  trouble: Trouble | undefined = $state.raw(undefined);

  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | undefined;

  /** To be called while a component is made. */
  constructor() {
    const ports = $derived(live.answering.map(({ port }) => port).join());
    $effect(() => {
      if (ports !== '') untrack(() => void this.#refresh());
    });
    $effect(() => {
      const stop = live.onEvent(({ type }) => {
        if (type !== 'peer-joined' && type !== 'peer-left') return;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => void this.#refresh(), SOON);
      });
      return () => {
        stop();
        clearTimeout(this.#timer);
        this.#asking?.abort();
      };
    });
  }

  async #refresh(): Promise<void> {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    const ports = live.answering.map(({ port }) => port);
    const answers = await Promise.all(ports.map(async (port) => [port, await api.peers(port, asking.signal)] as const));
    if (asking.signal.aborted) return;
    this.trouble = undefined;
    const lists = new Map<number, readonly PeerView[]>();
    for (const [port, answer] of answers) {
      if (answer.ok) lists.set(port, answer.value.peers);
      else this.trouble = answer.fault;
    }
    this.byPort = lists;
  }
}

/** In ms: connections come and go in groups. */
const SOON = 300;
