/**
 * What happens at all nodes, as it happens: one stream of events for the whole page, since a browser has only six
 * connections to one host. It reconnects by itself, and can be paused.
 */
import type { NetworkEvent } from '../../api/http-shapes.ts';
import { api, type Trouble } from './api.ts';
import { applyEvent, bestNode, type NetworkState, type NodeView, stateOf } from './network-state.ts';
import { place } from './place.svelte.ts';

export type Connection = 'connecting' | 'live' | 'lost' | 'paused';

type Listener = (event: NetworkEvent) => void;

class Live {
  /** Every node within reach, by port; undefined until the first answer. */
  nodes: NetworkState | undefined = $state.raw(undefined);
  connection: Connection = $state('connecting');
  /** Why there is no answer, while there is none. */
  trouble: Trouble | undefined = $state.raw(undefined);

  /** The nodes that answer. */
  readonly answering: readonly NodeView[] = $derived((this.nodes ?? []).filter(({ status }) => status !== null));
  /** The port of the node that the pages ask: the one that the address chooses, else one with the most work. */
  readonly port: number | undefined = $derived(place.route.node ?? bestNode(this.nodes ?? []));
  /** The node that the pages ask. */
  readonly node: NodeView | undefined = $derived(this.nodes?.find(({ port }) => port === this.port));

  #source: EventSource | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<Listener>();

  /** Asks all nodes how they stand, and listens from then on. */
  start(): void {
    void this.#refresh();
    this.#listen();
  }

  /** Stops showing what happens, until `resume`. */
  pause(): void {
    this.connection = 'paused';
    this.#close();
  }

  resume(): void {
    this.connection = 'connecting';
    this.start();
  }

  /** Calls `listener` for each event. Returns what ends that: an effect of a page may return it. */
  onEvent(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The status of one node. */
  view(port: number): NodeView | undefined {
    return this.nodes?.find((node) => node.port === port);
  }

  async #refresh(): Promise<void> {
    const overview = await api.overview();
    if (!overview.ok) {
      this.trouble = overview.fault;
      return;
    }
    this.trouble = undefined;
    // The stream is at least as fresh where it has begun, and in a pause all stays as it is.
    const isKept = this.connection === 'live' || this.connection === 'paused';
    if (!isKept || this.nodes === undefined) this.nodes = stateOf(overview.value);
  }

  #listen(): void {
    const source = new EventSource('/api/v1/events');
    this.#source = source;
    source.addEventListener('open', () => {
      this.connection = 'live';
      this.trouble = undefined;
    });
    source.addEventListener('error', () => {
      if (this.#source !== source) return;
      this.connection = 'lost';
      void this.#refresh();
      // The browser tries again by itself unless the answer was an error.
      if (source.readyState === EventSource.CLOSED) this.#retry = setTimeout(() => this.#listen(), RETRY_MS);
    });
    for (const type of EVENT_TYPES) source.addEventListener(type, ({ data }) => this.#take(JSON.parse(data)));
  }

  #take(event: NetworkEvent): void {
    this.nodes = applyEvent(this.nodes ?? [], event);
    for (const listener of this.#listeners) listener(event);
  }

  #close(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = undefined;
  }
}

/** The one stream of this page. */
export const live = new Live();

const RETRY_MS = 2_000;
const EVENT_TYPES: readonly NetworkEvent['type'][] = [
  'node-joined',
  'node-status',
  'node-left',
  'block-added',
  'block-removed',
  'entry-pending',
  'peer-joined',
  'peer-left',
  'mining-progress',
];
