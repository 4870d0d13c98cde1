/** Records page by page, each checked before it is given out. */
import { elementsOf, isCount, membersOf } from './answer-members.ts';
import type { EntryChecker } from './entry-checker.ts';
import { type HttpClient, queryText } from './http-client.ts';
import { unreadable } from './ledger-error.ts';
import { type LedgerRecord, placeRecords, readRecord } from './ledger-record.ts';
import { hasMovedOn, pauseAfter } from './patience.ts';
import { queryParameters, type RecordQuery } from './record-query.ts';

/** How records are asked for. */
export interface RecordsOptions {
  /** `asc`, lowest first, unless told. */
  readonly order?: 'asc' | 'desc' | undefined;
  /** How many records are asked for at once: 100 unless told, 1,000 at most. */
  readonly pageSize?: number | undefined;
  /** `next` of a page of the same query: begins behind it. */
  readonly cursor?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A page: it may be short, even empty, and still have a next one. */
export interface RecordPage {
  readonly records: readonly LedgerRecord[];
  /** With it as `cursor` the next page is asked for; null where there is none. */
  readonly next: string | null;
  /** The height up to which the node has searched the chain: below the tip while its table of records is behind. */
  readonly indexedTo: number;
  /** The hash of the block at that height, by which to tell two branches apart; null where there is none. */
  readonly indexedHash: string | null;
  /** Whether blocks have left the chain since the first page, and with them maybe records that you have seen. */
  readonly reorganised: boolean;
}

/** What `Ledger.records` gives: records in a `for await`, or whole pages. Asks for a page when it is wanted, and not before. */
export class RecordPages implements AsyncIterable<LedgerRecord> {
  readonly #ask: (cursor: string | undefined) => Promise<RecordPage>;
  readonly #first: string | undefined;

  constructor(options: {
    readonly http: HttpClient;
    readonly path: string;
    readonly checker: EntryChecker | undefined;
    readonly query: RecordQuery;
    readonly options: RecordsOptions;
  }) {
    const { http, path, checker, query } = options;
    const { order, pageSize, cursor, signal } = options.options;
    const filter = queryParameters(query);
    this.#first = cursor;
    this.#ask = async (next) => {
      const parameters = { ...filter, order, limit: pageSize, cursor: next };
      const address = `${path}/records${queryText(parameters)}`;
      return placedPage(async () => readPage(await http.text(address, { signal }), checker), checker, signal);
    };
  }

  /** Record after record, over all pages. */
  async *[Symbol.asyncIterator](): AsyncGenerator<LedgerRecord, void, undefined> {
    for await (const page of this.pages()) yield* page.records;
  }

  /** The pages themselves, empty ones included. */
  async *pages(): AsyncGenerator<RecordPage, void, undefined> {
    let cursor = this.#first;
    for (;;) {
      const page = await this.#ask(cursor);
      yield page;
      if (page.next === null) return;
      cursor = page.next;
    }
  }
}

/**
 * A page whose records are shown. Where some cannot be, the node's table of records may stand on a branch that the chain has left: then
 * the page is asked for again, and with its cursor tells whether the chain was reorganised. After a pause, unless the block that the table
 * stands on is on the chain: then the chain has come back to it, or the node lies, and will again.
 */
async function placedPage(
  ask: () => Promise<RecordPage>,
  checker: EntryChecker | undefined,
  signal: AbortSignal | undefined,
): Promise<RecordPage> {
  for (let [looks, pauses] = [1, 0]; ; looks++) {
    const page = await ask();
    if (checker === undefined) return page;
    try {
      return { ...page, records: await placeRecords(page.records, checker, signal) };
    } catch (error) {
      if (!hasMovedOn(error) || looks === LOOKS_MAX) throw error;
    }
    if (await checker.isOnChain({ height: page.indexedTo, hash: page.indexedHash }, signal)) continue;
    await pauseAfter(pauses, signal);
    pauses++;
  }
}

/** What `text` tells: of its records the content is checked, and not yet where they stand. */
function readPage(text: string, checker: EntryChecker | undefined): RecordPage {
  const members = membersOf(text, NO_PAGE);
  const [next, indexedTo, indexedHash] = ['next', 'indexed_to', 'indexed_hash'].map((key) => members.plainOf(key));
  // -1 where not even the genesis was looked at.
  if (!isTextOrNull(next) || !isTextOrNull(indexedHash) || !(isCount(indexedTo) || indexedTo === -1)) {
    throw unreadable(NO_PAGE);
  }
  const records = elementsOf(members, 'records', NO_PAGE).map((element) => readRecord(element, checker));
  return { records, next, indexedTo, indexedHash, reorganised: members.plainOf('reorganised') === true };
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

const NO_PAGE = 'it is no page of records';
/** Half a minute, with pauses that grow. */
const LOOKS_MAX = 8;
