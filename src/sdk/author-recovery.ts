/** What an author has signed so far, as far as a node has it: for who has kept nothing. */
import { elementsOf, isCount, isObject, membersOf } from './answer-members.ts';
import type { AuthorState } from './author.ts';
import type { EntryChecker } from './entry-checker.ts';
import { type HttpClient, queryText } from './http-client.ts';
import { LedgerError, unreadable } from './ledger-error.ts';
import { type RecordAuthor, readAuthors } from './ledger-record.ts';
import { pauseAfter } from './patience.ts';
import { RecordPages } from './record-pages.ts';

interface RecoveryParts {
  readonly http: HttpClient;
  readonly path: string;
  readonly checker: EntryChecker | undefined;
}

/**
 * From the author's latest records, and from what waits for a block. The node needs its table of records; while that has not all of the
 * chain, or the node fetches its chain, it is waited for: a number that is too low would be given away a second time.
 */
export async function recoverAuthor(
  parts: RecoveryParts,
  author: string,
  signal: AbortSignal | undefined,
): Promise<AuthorState> {
  // What waits comes first: what is mined meanwhile is in the records then.
  const waiting = await patiently(() => pendingStatements(parts, author, signal), signal);
  const height = await patiently(() => chainHeight(parts, signal), signal);
  const recorded = await patiently(() => latestStatements(parts, { author, height }, signal), signal);
  // And last again: what was in a block that the chain has left meanwhile waits since then.
  const returned = await patiently(() => pendingStatements(parts, author, signal), signal);
  const last = [...waiting, ...recorded, ...returned].reduce<RecordAuthor | undefined>(
    (found, one) => (found === undefined || one.sequence > found.sequence ? one : found),
    undefined,
  );
  if (last === undefined) return { sequence: 0, previous: null, unsent: [] };
  return { sequence: last.sequence + 1, previous: last.statement, unsent: [] };
}

/** What `look` sees, once it sees something. */
async function patiently<Seen>(look: () => Promise<Seen | undefined>, signal: AbortSignal | undefined): Promise<Seen> {
  for (let looks = 1; ; looks++) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (looks === LOOKS_MAX) throw new LedgerError('records-behind', BEHIND);
    await pauseAfter(looks - 1, signal);
  }
}

/** Undefined while the records are not searched up to `height`, and where blocks have left the chain between two pages. */
async function latestStatements(
  parts: RecoveryParts,
  { author, height }: { readonly author: string; readonly height: number },
  signal: AbortSignal | undefined,
): Promise<RecordAuthor[] | undefined> {
  const options = { order: 'desc', pageSize: RECORDS_READ, signal } as const;
  const statements: RecordAuthor[] = [];
  const pages = new RecordPages({ ...parts, query: { author }, options }).pages();
  for await (const { records, indexedTo, reorganised } of pages) {
    if (reorganised || indexedTo < height) return undefined;
    statements.push(...records.flatMap(({ authors }) => authors.filter((one) => one.author === author)));
    // The last by its number need not be the last by its place, but it is not far from there.
    if (statements.length >= RECORDS_READ) break;
  }
  return statements;
}

/** Undefined while the node fetches a chain. */
async function chainHeight(
  { http, path }: RecoveryParts,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const status = membersOf(await http.text(`${path}/status`, { signal }), NO_STATUS);
  const [tip, sync] = [status.plainOf('tip'), status.plainOf('sync')];
  if (!isObject(tip) || !isCount(tip['height']) || !isObject(sync)) throw unreadable(NO_STATUS);
  return sync['phase'] === 'idle' ? tip['height'] : undefined;
}

/** Undefined where more wait than the gateway gives. */
async function pendingStatements(
  parts: RecoveryParts,
  author: string,
  signal: AbortSignal | undefined,
): Promise<RecordAuthor[] | undefined> {
  const query = queryText({ author, limit: PENDING_READ_MAX });
  const answer = membersOf(await parts.http.text(`${parts.path}/pending${query}`, { signal }), NO_LIST);
  const entries = elementsOf(answer, 'entries', NO_LIST);
  if (entries.length >= PENDING_READ_MAX) return undefined;
  return entries.flatMap((element) => {
    const entry = membersOf(element, NO_LIST);
    const [data, id] = [entry.get('data'), entry.plainOf('id')];
    if (data === undefined || typeof id !== 'string') throw unreadable(NO_LIST);
    return readAuthors(data, id, parts.checker).authors.filter((one) => one.author === author);
  });
}

const BEHIND =
  'The node has not all of its chain in its table of records, or more entries of this author wait than it tells of: ask again in a while.';
const NO_STATUS = 'it is no status';
const NO_LIST = 'it is no list of what waits';
const RECORDS_READ = 20;
/** Half a minute, with pauses that grow. */
const LOOKS_MAX = 8;
/** As many as the gateway gives. */
const PENDING_READ_MAX = 1_000;
