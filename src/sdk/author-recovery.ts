/** What an author has signed so far, as far as a node has it: for who has kept nothing. */
import { type AuthorAnswers, showAll } from '../api/author-standing.ts';
import type { JsonMembers } from '../core/json-text.ts';
import { elementsOf, isObject, membersOf } from './answer-members.ts';
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
  for (let looks = 1; ; looks++) {
    const statements = await latestStatements(parts, author, signal);
    if (statements !== undefined) return stateAfter(statements);
    if (looks === LOOKS_MAX) throw new LedgerError('records-behind', BEHIND);
    await pauseAfter(looks - 1, signal);
  }
}

function stateAfter(statements: readonly RecordAuthor[]): AuthorState {
  const last = statements.reduce<RecordAuthor | undefined>(
    (found, one) => (found === undefined || one.sequence > found.sequence ? one : found),
    undefined,
  );
  if (last === undefined) return { sequence: 0, previous: null, unsent: [] };
  return { sequence: last.sequence + 1, previous: last.statement, unsent: [] };
}

/** Undefined where something of the author may be left out. */
async function latestStatements(
  parts: RecoveryParts,
  author: string,
  signal: AbortSignal | undefined,
): Promise<RecordAuthor[] | undefined> {
  const status = await readStatus(parts, signal);
  const pending = await readPending(parts, author, signal);
  const options = { order: 'desc', pageSize: RECORDS_READ, signal } as const;
  const statements: RecordAuthor[] = [];
  for await (const { records, indexedHash } of new RecordPages({ ...parts, query: { author }, options }).pages()) {
    if (!showAll({ ...status, pending, indexedHash })) return undefined;
    statements.push(...records.flatMap(({ authors }) => authors.filter((one) => one.author === author)));
    // The last by its number need not be the last by its place, but it is not far from there.
    if (statements.length >= RECORDS_READ) break;
  }
  return [...pending.statements, ...statements];
}

async function readStatus(
  { http, path }: RecoveryParts,
  signal: AbortSignal | undefined,
): Promise<Pick<AuthorAnswers, 'phase' | 'tip'>> {
  const status = membersOf(await http.text(`${path}/status`, { signal }), NO_STATUS);
  const sync = status.plainOf('sync');
  const phase = isObject(sync) ? sync['phase'] : undefined;
  if (typeof phase !== 'string') throw unreadable(NO_STATUS);
  return { phase, tip: tipOf(status, NO_STATUS) };
}

/** What waits, signed by the author. */
async function readPending(
  parts: RecoveryParts,
  author: string,
  signal: AbortSignal | undefined,
): Promise<AuthorAnswers['pending'] & { readonly statements: readonly RecordAuthor[] }> {
  const query = queryText({ author, limit: PENDING_READ_MAX });
  const answer = membersOf(await parts.http.text(`${parts.path}/pending${query}`, { signal }), NO_LIST);
  const more = answer.plainOf('more');
  if (typeof more !== 'boolean') throw unreadable(NO_LIST);
  const statements = elementsOf(answer, 'entries', NO_LIST).flatMap((element) => {
    const entry = membersOf(element, NO_LIST);
    const [data, id] = [entry.get('data'), entry.plainOf('id')];
    if (data === undefined || typeof id !== 'string') throw unreadable(NO_LIST);
    return readAuthors(data, id, parts.checker).authors.filter((one) => one.author === author);
  });
  return { tip: tipOf(answer, NO_LIST), more, statements };
}

/** The hash of the block that the answer is of. */
function tipOf(answer: JsonMembers, wrong: string): string {
  const tip = answer.plainOf('tip');
  if (!isObject(tip) || typeof tip['hash'] !== 'string') throw unreadable(wrong);
  return tip['hash'];
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
