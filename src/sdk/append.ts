/** Handing entries in. */
import type { NetworkParams } from '../core/params.ts';
import { elementsOf, membersOf, readPlace } from './answer-members.ts';
import type { Place } from './entry-checker.ts';
import type { EntryDraft } from './entry-draft.ts';
import { type HttpClient, queryText } from './http-client.ts';
import { LedgerError, unreadable } from './ledger-error.ts';
import { isFull, pauseAfter } from './patience.ts';

/** What became of an entry that was handed in: it is durable at the node. */
export interface Submission {
  /** Computed here from the entry, not taken from the node. */
  readonly id: string;
  /** It waits from now on; an equal one waits already; or an equal one stands in the chain, and it is not recorded again. */
  readonly status: 'pending' | 'already-pending' | 'in-block';
  /** With `in-block`: where, as the node says. */
  readonly place?: Place;
}

/**
 * Hands them in, in order, in requests that the gateway and the node take. Answers when the node has them all on disk. Where there
 * is no room for them just now, they are handed in again some times: a request is taken whole or not at all.
 */
export async function appendDrafts(
  parts: { readonly http: HttpClient; readonly path: string; readonly params: NetworkParams },
  drafts: readonly Pick<EntryDraft, 'text' | 'id' | 'sizeBytes'>[],
  options: { readonly repeat?: boolean | undefined; readonly signal?: AbortSignal | undefined },
): Promise<Submission[]> {
  const { http, path, params } = parts;
  const { repeat, signal } = options;
  const submissions: Submission[] = [];
  for (const batch of batches(drafts, params)) {
    const body = `[${batch.map(({ text }) => text).join(',')}]`;
    // Where equal ones are not wanted twice, which is what the gateway does unless told, a lost answer is no harm.
    const query = queryText({ repeat: repeat === true ? true : undefined });
    const request = { method: 'POST', body, signal } as const;
    const answer = await whenThereIsRoom(() => http.text(`${path}/entries${query}`, request), signal);
    submissions.push(...readSubmissions(answer, batch));
  }
  return submissions;
}

async function whenThereIsRoom(hand: () => Promise<string>, signal: AbortSignal | undefined): Promise<string> {
  for (let refusals = 0; ; refusals++) {
    try {
      return await hand();
    } catch (error) {
      if (refusals === REFUSALS_MAX || !isFull(error)) throw error;
    }
    await pauseAfter(refusals, signal);
  }
}

function* batches<Draft extends { readonly sizeBytes: number }>(
  drafts: readonly Draft[],
  { entriesMax, bodyBytesMax }: NetworkParams,
): Generator<Draft[]> {
  const countMax = Math.min(BATCH_ENTRIES_MAX, entriesMax);
  const bytesMax = Math.min(BATCH_BYTES_MAX, bodyBytesMax);
  let batch: Draft[] = [];
  // As an array: the brackets, and a comma behind each entry but the last.
  let sizeBytes = 1;
  for (const draft of drafts) {
    if (batch.length === countMax || (batch.length > 0 && sizeBytes + draft.sizeBytes + 1 > bytesMax)) {
      yield batch;
      batch = [];
      sizeBytes = 1;
    }
    batch.push(draft);
    sizeBytes += draft.sizeBytes + 1;
  }
  if (batch.length > 0) yield batch;
}

function readSubmissions(text: string, batch: readonly { readonly id: string }[]): Submission[] {
  const elements = elementsOf(membersOf(text, OTHER_ENTRIES), 'entries', OTHER_ENTRIES);
  if (elements.length !== batch.length) throw unreadable(OTHER_ENTRIES);
  return batch.map(({ id: sent }, i) => {
    const members = membersOf(elements[i] ?? '', OTHER_ENTRIES);
    const [id, status] = [members.plainOf('id'), members.plainOf('status')];
    if (id !== sent) {
      throw new LedgerError('entry-other', 'The node has taken another entry than the one it was sent.', {
        facts: { id, sent },
      });
    }
    if (status !== 'pending' && status !== 'already-pending' && status !== 'in-block') {
      throw unreadable('an entry has no status');
    }
    if (!members.has('place')) return { id: sent, status };
    const place = readPlace(members.plainOf('place'));
    if (place === undefined) throw unreadable('the place of an entry is none');
    return { id: sent, status, place };
  });
}

const OTHER_ENTRIES = 'it names other entries';
/** Of one request: a minute of waiting in all. */
const REFUSALS_MAX = 8;
const BATCH_ENTRIES_MAX = 1_000;
/** Below what the gateway reads of a body, with room for what stands between the entries. */
const BATCH_BYTES_MAX = 1_000_000;
