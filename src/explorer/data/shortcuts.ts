/** What keys do on every page. */
import type { PageName } from './router.ts';

export type Shortcut =
  | { readonly type: 'search' }
  | { readonly type: 'help' }
  | { readonly type: 'pause' }
  | { readonly type: 'go'; readonly page: PageName };

/** Reads keys one after the other: `g` and a letter go to a page. */
export class Shortcuts {
  #goesSinceMs = Number.NEGATIVE_INFINITY;

  /** What `key` asks for, pressed at `nowMs` with no modifier and outside of any field; undefined where it asks for nothing. */
  press(key: string, nowMs: number): Shortcut | undefined {
    const goes = nowMs - this.#goesSinceMs < SEQUENCE_LIMIT;
    this.#goesSinceMs = Number.NEGATIVE_INFINITY;
    if (goes) {
      const page = PLACES.get(key);
      return page === undefined ? undefined : { type: 'go', page };
    }
    if (key === 'g') this.#goesSinceMs = nowMs;
    return KEYS.get(key);
  }
}

/** In ms: longer between two keys, and they are not one. */
const SEQUENCE_LIMIT = 1_200;

const KEYS: ReadonlyMap<string, Shortcut> = new Map([
  ['/', { type: 'search' }],
  ['?', { type: 'help' }],
  ['p', { type: 'pause' }],
]);

const PLACES: ReadonlyMap<string, PageName> = new Map([
  ['h', 'home'],
  ['b', 'blocks'],
  ['f', 'forks'],
  ['n', 'network'],
  ['p', 'pending'],
  ['m', 'mining'],
  ['c', 'charts'],
  ['a', 'append'],
  ['r', 'records'],
  ['v', 'verify'],
]);
