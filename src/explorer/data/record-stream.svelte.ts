/** The records of a node as they come and go. The browser reconnects by itself and goes on where it was, so that nothing is missed. */
import { untrack } from 'svelte';
import { SvelteSet } from 'svelte/reactivity';
import { recordStreamPath } from './api.ts';
import { readStreamNews, type StreamNews, type ToldRecord } from './record-view.ts';

/** One thing that happened. */
export interface RecordNews {
  /** Counted up from 1, in the order in which it was told. */
  readonly number: number;
  readonly type: 'added' | 'removed';
  readonly record: ToldRecord;
}

export class RecordStream {
  /** The latest first; no more than SHOWN_MAX. */
  news: readonly RecordNews[] = $state.raw([]);
  /** `refused` is for good: the gateway or the node will have none of it. */
  state: 'connecting' | 'live' | 'lost' | 'refused' = $state('connecting');
  /** How far the node's chain goes, as far as it was told. */
  tipHeight: number | undefined = $state();
  /** Told since the beginning. */
  count = $state(0);
  /** Places that were left again by what was added before. */
  readonly #left = new SvelteSet<string>();

  /** Follows the node at `port` in an effect, by the filter of `query`. Returns what ends it. */
  follow(port: number, query: readonly (readonly [string, string])[]): () => void {
    untrack(() => {
      this.news = [];
      this.state = 'connecting';
      this.tipHeight = undefined;
      this.count = 0;
      this.#left.clear();
    });
    const source = new EventSource(recordStreamPath(port, query));
    source.addEventListener('open', () => {
      this.state = 'live';
    });
    source.addEventListener('error', () => {
      this.state = source.readyState === EventSource.CLOSED ? 'refused' : 'lost';
    });
    for (const type of EVENT_TYPES) {
      source.addEventListener(type, ({ data }) => {
        const news = readStreamNews(data);
        if (news !== undefined) this.#take(news);
      });
    }
    return () => source.close();
  }

  /** Whether what was added has left the chain again since. */
  hasLeft({ type, record }: RecordNews): boolean {
    return type === 'added' && this.#left.has(placeOf(record));
  }

  #take(news: StreamNews): void {
    if (news.type === 'position') {
      this.tipHeight = news.tipHeight;
      return;
    }
    const { type, record } = news;
    this.count += 1;
    if (type === 'removed') this.#left.add(placeOf(record));
    else this.#left.delete(placeOf(record));
    this.news = [{ number: this.count, type, record }, ...this.news.slice(0, SHOWN_MAX - 1)];
  }
}

function placeOf({ hash, index }: ToldRecord): string {
  return `${hash} ${index}`;
}

const EVENT_TYPES: readonly StreamNews['type'][] = ['added', 'removed', 'position'];
const SHOWN_MAX = 200;
