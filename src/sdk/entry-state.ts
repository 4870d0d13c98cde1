/** What has become of an entry, and waiting until it is where it is wanted. */
import type { EntryStatus } from '../api/shapes.ts';
import { isCount, isObject, membersOf, readPlace } from './answer-members.ts';
import type { Check, EntryChecker, Place } from './entry-checker.ts';
import { readEvents } from './event-stream.ts';
import type { HttpClient } from './http-client.ts';
import { LedgerError, unreadable } from './ledger-error.ts';
import { type RecordAuthor, readAuthors } from './ledger-record.ts';
import { hasMovedOn, isPassing, pauseAfter } from './patience.ts';
import type { TrustedChain } from './trusted-chain.ts';

/** An entry, wherever it is in its life (docs/spec/entries.md#life). */
export interface EntryState {
  readonly id: string;
  readonly status: EntryStatus;
  /** With `in-block`: the lowest place where it stands. */
  readonly place?: Place;
  /** With `in-block`: how many blocks are on top of that one. */
  readonly depth?: number;
  /** Where equal entries stand besides, as the node says: these places are not checked. */
  readonly otherPlaces: readonly Place[];
  /** With `refused`: the code of what was wrong, and the same for people. */
  readonly reason?: string;
  readonly message?: string;
  readonly authors: readonly RecordAuthor[];
  /** Left out with `refused`: the node has not kept it. */
  readonly data?: unknown;
  /** What was checked before you got it; empty without verification, and of what was refused. */
  readonly checked: readonly Check[];
}

/** An entry that stands in a block. */
export interface RecordedEntry extends EntryState {
  readonly status: 'in-block';
  readonly place: Place;
  readonly depth: number;
}

export interface EntryParts {
  readonly http: HttpClient;
  readonly path: string;
  readonly chain: TrustedChain;
  /** Undefined without verification. */
  readonly checker: EntryChecker | undefined;
}

export async function readEntry(
  { http, path, chain, checker }: EntryParts,
  id: string,
  signal: AbortSignal | undefined,
): Promise<EntryState> {
  const view = readView(await http.text(`${path}/entries/${encodeURIComponent(id)}`, { signal }), id);
  const { status, places, text } = view;
  const [first, ...others] = places;
  const told = {
    id,
    status,
    otherPlaces: others.map(({ place }) => place),
    ...(view.reason === undefined ? {} : { reason: view.reason }),
    ...(view.message === undefined ? {} : { message: view.message }),
    ...(text === undefined ? {} : { data: JSON.parse(text) }),
  };
  const placed = first === undefined ? {} : first;
  if (text === undefined) return { ...told, ...placed, authors: [], checked: [] };
  const { authors, checked } = readAuthors(text, id, checker);
  if (checker === undefined || first === undefined) return { ...told, ...placed, authors, checked };
  const { place } = first;
  await chain.reach(place.height + first.depth, signal);
  await checker.places([{ id, ...place }], signal);
  const depth = chain.tip.header.height - place.height;
  return { ...told, place, depth, authors, checked: [...checked, 'place', 'chain'] };
}

/**
 * The entry once it stands in a block with `depth` blocks on top. Asks whenever something happens to the chain, and again in a moment
 * where a connection was lost or what was shown is out of date. Throws with the node's reason where the entry is refused.
 */
export async function awaitEntry(
  parts: EntryParts,
  id: string,
  options: { readonly depth: number; readonly signal: AbortSignal | undefined },
): Promise<RecordedEntry> {
  const state = await settled(parts, id, options);
  if (isRecorded(state)) return state;
  const { reason = 'entry-refused', message = 'The node has refused the entry.' } = state;
  throw new LedgerError(reason, message, { facts: { id } });
}

/** The entry where it was wanted, or refused. */
async function settled(
  parts: EntryParts,
  id: string,
  options: { readonly depth: number; readonly signal: AbortSignal | undefined },
): Promise<EntryState> {
  const { signal } = options;
  const { http, path } = parts;
  for (let failures = 0; ; failures++) {
    try {
      const state = await arrived(parts, id, options);
      if (state !== undefined) return state;
      // Subscribed before the next look: no block falls between both.
      const ended = new AbortController();
      const response = await http.open(`${path}/events`, {
        headers: { accept: 'text/event-stream' },
        signal: signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]),
      });
      const events = readEvents(response);
      try {
        for (;;) {
          const now = await arrived(parts, id, options);
          if (now !== undefined) return now;
          if (!(await nextBlock(events))) break;
          failures = 0;
        }
      } finally {
        // Also where none of the events was taken: a connection that stays open keeps a program from its end.
        ended.abort();
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!isPassing(error) && !hasMovedOn(error)) throw error;
    }
    await pauseAfter(failures, signal);
  }
}

/** Whether a block has joined the chain or left it; false once the stream has ended. */
async function nextBlock(parts: AsyncGenerator<readonly { readonly event?: string | undefined }[]>): Promise<boolean> {
  for (;;) {
    const next = await parts.next();
    if (next.done === true) return false;
    if (next.value.some(({ event }) => event?.startsWith('block-') === true)) return true;
  }
}

/** Undefined as long as there is something to wait for. Throws where the chain has become another while it was shown. */
async function arrived(
  parts: EntryParts,
  id: string,
  { depth, signal }: { readonly depth: number; readonly signal: AbortSignal | undefined },
): Promise<EntryState | undefined> {
  const told = await readEntry({ ...parts, checker: undefined }, id, signal);
  if (told.status === 'refused') return told;
  if (!isRecorded(told) || told.depth < depth) return undefined;
  if (parts.checker === undefined) return told;
  const shown = await readEntry(parts, id, signal);
  return isRecorded(shown) && shown.depth >= depth ? shown : undefined;
}

function isRecorded(state: EntryState): state is RecordedEntry {
  return state.status === 'in-block' && state.place !== undefined && state.depth !== undefined;
}

/** With how many blocks on top. */
interface DeepPlace {
  readonly place: Place;
  readonly depth: number;
}

interface EntryTold {
  readonly status: EntryStatus;
  readonly places: readonly DeepPlace[];
  readonly reason: string | undefined;
  readonly message: string | undefined;
  /** Of the data. */
  readonly text: string | undefined;
}

function readView(text: string, id: string): EntryTold {
  const members = membersOf(text, 'it is no entry');
  const status = STATUSES.find((known) => known === members.plainOf('status'));
  const told = members.plainOf('places');
  if (status === undefined || !Array.isArray(told) || members.plainOf('id') !== id) throw unreadable('it is no entry');
  const places = told.map(readDeepPlace).filter((place) => place !== undefined);
  if ((status === 'in-block') !== places.length > 0 || places.length < told.length) {
    throw unreadable('its places are none');
  }
  const [reason, message] = [members.plainOf('reason'), members.plainOf('message')];
  return {
    status,
    places,
    reason: typeof reason === 'string' ? reason : undefined,
    message: typeof message === 'string' ? message : undefined,
    text: members.get('data'),
  };
}

function readDeepPlace(value: unknown): DeepPlace | undefined {
  const place = readPlace(value);
  const depth = isObject(value) ? value['depth'] : undefined;
  return place !== undefined && isCount(depth) ? { place, depth } : undefined;
}

const STATUSES = ['pending', 'returned', 'in-block', 'refused'] as const;
