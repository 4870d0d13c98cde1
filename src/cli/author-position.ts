/**
 * Where an author goes on signing, held against what is on record: a home that was set up anew, or restored from a copy, must
 * not give a number away a second time.
 */
import { type AuthorAnswers, showAll } from '../api/author-standing.ts';
import type { NodeStatus, PendingView } from '../api/shapes.ts';
import { jsonValue, readMembers } from '../core/json-text.ts';
import type { NetworkParams } from '../core/params.ts';
import type { Authorship } from '../core/signed-entry.ts';
import { type ProbeClient, RpcCallError } from '../probe/probe-client.ts';
import type { AuthorBook, AuthorPlace, AuthorPosition } from './author-book.ts';
import { authorPages, pauseBetweenLooks, type RecordsQuestion, readAuthored } from './author-records.ts';
import { answeredWithout, parseAnswer } from './command-context.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';
import { formatCount } from './table.ts';
import type { Terminal } from './terminal.ts';

export interface LearnOptions {
  readonly terminal: Terminal;
  readonly client: ProbeClient;
  readonly signal: AbortSignal;
  readonly book: AuthorBook;
  readonly params: NetworkParams;
  readonly place: AuthorPlace;
}

/**
 * Afterwards the book has a position for the author that is no lower than what the node has on record. Throws a
 * `CommandError` where neither the book nor the node can tell.
 *
 * Where the book has one, the latest records alone are looked at, if the node has a table of them.
 */
export async function learnPosition(options: LearnOptions): Promise<void> {
  const { terminal, book, place } = options;
  const known = book.position(place) ?? (book.isNew(place.author) ? FIRST_POSITION : undefined);
  const found = await unlessOff(known === undefined ? everythingOf(options) : latestOf(options));
  if (found === undefined && known === undefined) throw unknown(place);
  const next = found === undefined || found === 'none' ? FIRST_POSITION : after(found);
  if (known !== undefined && next.sequence > known.sequence) {
    const talk = `On record of this author are ${formatCount(next.sequence)} entries, and this home has signed ${formatCount(known.sequence)} of them.`;
    terminal.talk(`${talk} It goes on from there; sign with a key in one home only.`);
  }
  book.catchUp(place, known !== undefined && known.sequence >= next.sequence ? known : next);
}

/** The highest on record, or that there is none. */
type Found = Authorship | 'none';

/** Undefined where the node has no table of records. */
async function unlessOff(looking: Promise<Found>): Promise<Found | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (error instanceof RpcCallError && error.rpc.data.code === 'records-off') return undefined;
    throw error;
  }
}

async function latestOf({ client, params, place }: LearnOptions): Promise<Found> {
  const pages = authorPages({ client, params, author: place.author, order: 'desc', pageRecords: LATEST_RECORDS });
  for await (const { records } of pages) {
    if (records.length > 0) return highest(records.map(({ authorship }) => authorship));
  }
  return 'none';
}

/** All that the node has of the author, once it has all of the chain itself. */
async function everythingOf({ client, params, place, signal }: LearnOptions): Promise<Found> {
  const question: RecordsQuestion = { client, params, author: place.author, order: 'asc', pageRecords: PAGE_RECORDS };
  for (let look = 1; ; look++) {
    const found = await everythingAtOnce(question);
    if (found !== undefined) return found;
    if (look === LOOKS_MAX) break;
    await pauseBetweenLooks(signal);
  }
  const message =
    'The node is still fetching or reading through its chain, or more entries of the author wait for blocks than it tells of: try again later.';
  throw new CommandError(EXIT_CODES.refused, 'records-behind', message);
}

/** Undefined where something of the author may be left out. */
async function everythingAtOnce(question: RecordsQuestion): Promise<Found | undefined> {
  const { sync, tip } = parseAnswer<NodeStatus>(await question.client.call('status'));
  const pending = await pendingOf(question);
  let found = highest(pending.authored);
  let isFirst = true;
  for await (const { records, indexedHash, isReorganised } of authorPages(question)) {
    const answers = { phase: sync.phase, tip: tip.hash, pending, indexedHash };
    if (isReorganised || (isFirst && !showAll(answers))) return undefined;
    found = highest([found, ...records.map(({ authorship }) => authorship)]);
    isFirst = false;
  }
  return found;
}

/** What waits for a block was signed, too. */
async function pendingOf(
  question: RecordsQuestion,
): Promise<AuthorAnswers['pending'] & { readonly authored: readonly Authorship[] }> {
  const { client, author } = question;
  const text = await client.call('pending', jsonValue({ author, limit: PENDING_ASKED }));
  const members = readMembers(text);
  const entries = members.ok ? members.value.elementsOf('entries') : undefined;
  if (entries?.ok !== true) throw answeredWithout('what waits for a block');
  const { tip, more } = parseAnswer<PendingView>(text);
  const authored = entries.value.flatMap((entry) => {
    const read = readMembers(entry);
    const data = read.ok ? read.value.get('data') : undefined;
    const checked = data === undefined ? '' : readAuthored(data, question);
    return typeof checked === 'string' ? [] : [checked.authorship];
  });
  return { tip: tip.hash, more, authored };
}

function highest(candidates: readonly Found[]): Found {
  return candidates.reduce<Found>((best, one) => {
    if (one === 'none') return best;
    return best === 'none' || one.sequence > best.sequence ? one : best;
  }, 'none');
}

function after({ sequence, statement }: Authorship): AuthorPosition {
  return { sequence: sequence + 1, previous: statement };
}

function unknown({ author }: AuthorPlace): CommandError {
  const message =
    `The key of ${author} was not made in this home, and this node keeps no records to tell how far it was used: ` +
    'ask a node that runs with --records; or, where nothing was ever signed with the key, import it with --unused.';
  return new CommandError(EXIT_CODES.refused, 'author-position-unknown', message);
}

const FIRST_POSITION: AuthorPosition = { sequence: 0, previous: undefined };
const LATEST_RECORDS = 100;
const PAGE_RECORDS = 1_000;
const PENDING_ASKED = 1_000;
/** Half a minute: the table of records is a moment behind the chain, or far behind it. */
const LOOKS_MAX = 150;
