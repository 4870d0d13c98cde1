/** The call that tells what has become of an entry (docs/spec/entries.md#life). */
import type { EntryStatus } from '../api/shapes.ts';
import { assertPresent } from '../core/assert.ts';
import { entryBytes } from '../core/body.ts';
import { entryText } from '../core/entry-form.ts';
import { jsonObject, jsonValue } from '../core/json-text.ts';
import type { RpcAnswer } from '../probe/probe-server.ts';
import type { FullNode } from '../protocol/full-node.ts';
import type { ChainStore, EntryPlace } from '../storage/chain-store.ts';
import { invalidParams, type Params, type Refusal, readHash, refused, result } from './rpc-call.ts';

export interface EntryParts {
  readonly machine: FullNode;
  readonly store: ChainStore;
}

/** `entry`: see `RPC_METHODS`. Where the entry is, the store alone says; of how it came there the machine knows more. */
export async function answerEntry({ machine, store }: EntryParts, params: Params): Promise<RpcAnswer> {
  const id = readHash(params, 'id');
  if (id === undefined) throw invalidParams('`id` is missing: the id of an entry, 64 lower-case hex digits');
  const { places, indexedTo, pending } = await store.entryPlaces(id, PLACES_MAX);
  const { height } = machine.tip.header;
  const view = (status: EntryStatus, facts: { readonly sinceMs?: number | undefined }) => ({
    id: jsonValue(id),
    status: jsonValue(status),
    places: jsonValue(places.map((place) => placeView(place, height))),
    indexed_to: jsonValue(indexedTo),
    ...(facts.sinceMs === undefined ? {} : { since: jsonValue(new Date(facts.sinceMs).toISOString()) }),
  });
  const [place] = places;
  if (place !== undefined) {
    return result(jsonObject({ ...view('in-block', {}), data: entryText(await readEntry(store, place)) }));
  }
  if (pending !== undefined) {
    const waiting = machine.pool.find(id);
    const status = waiting?.isReturned === true ? 'returned' : 'pending';
    return result(jsonObject({ ...view(status, { sinceMs: waiting?.sinceMs }), data: entryText(pending) }));
  }
  const refusal = machine.refusedEntry(id);
  if (refusal === undefined) throw noEntry(indexedTo, height);
  const { reason, message, atMs } = refusal;
  return result(
    jsonObject({ ...view('refused', { sinceMs: atMs }), reason: jsonValue(reason), message: jsonValue(message) }),
  );
}

/** A place as it is told. The store may be a block ahead of the machine, whose tip is at `tipHeight`. */
export function placeView({ height, hash, index }: EntryPlace, tipHeight: number) {
  return { height, hash, index, depth: Math.max(0, tipHeight - height) };
}

async function readEntry(store: ChainStore, { hash, index }: EntryPlace): Promise<Uint8Array> {
  const stored = assertPresent(await store.blockByHash(hash), 'an entry that has a place is in a stored block');
  return entryBytes(stored.block.body, index);
}

/** An index that is still being built behind the tip cannot say that there is no such entry. */
function noEntry(indexedTo: number, tipHeight: number): Refusal {
  if (indexedTo >= tipHeight)
    return refused('entry-not-found', 'this node has no such entry: it was not handed in, or has not come here yet');
  const message =
    `the blocks up to height ${indexedTo} of ${tipHeight} do not have this entry; ` +
    'the index of the others is being built: ask again later';
  return refused('entry-index-busy', message, { indexed_to: indexedTo, height: tipHeight });
}

const PLACES_MAX = 100;
