/**
 * Where an author goes on signing, held against what is on record: a home that was set up anew, or restored from a copy, must
 * not give a number away a second time.
 */
import { jsonValue, readMembers } from '../core/json-text.ts';
import type { NetworkParams } from '../core/params.ts';
import type { Authorship } from '../core/signed-entry.ts';
import { type ProbeClient, RpcCallError } from '../probe/probe-client.ts';
import type { AuthorBook, AuthorPlace, AuthorPosition } from './author-book.ts';
import { authorPages, type RecordsQuestion, readAuthored, statusWhenWhole } from './author-records.ts';
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
async function everythingOf(options: LearnOptions): Promise<Found> {
  const { client, params, place, signal } = options;
  const question: RecordsQuestion = { client, params, author: place.author, order: 'asc', pageRecords: PAGE_RECORDS };
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    // What waits comes first: what is mined meanwhile is on record then.
    const waiting = await pendingOf(question);
    const { status, isWhole } = await statusWhenWhole(client, { looksMax: LOOKS_MAX, signal });
    if (!isWhole) break;
    let found = highest(waiting);
    let isSteady = true;
    for await (const { records, indexedTo, isReorganised } of authorPages(question)) {
      found = highest([found, ...records.map(({ authorship }) => authorship)]);
      if (isReorganised || indexedTo < status.tip.height) isSteady = false;
    }
    // And last again: what was in a block that the chain has left meanwhile waits since then.
    const returned = await pendingOf(question);
    const isAll = Math.max(waiting.length, returned.length) < PENDING_ASKED;
    if (isSteady && isAll) return highest([found, ...returned]);
  }
  const message =
    'The node is still fetching or reading through its chain, or a thousand entries of the author wait for blocks: try again later.';
  throw new CommandError(EXIT_CODES.refused, 'records-behind', message);
}

/** What waits for a block was signed, too. */
async function pendingOf(question: RecordsQuestion): Promise<Authorship[]> {
  const { client, author } = question;
  const answer = readMembers(await client.call('pending', jsonValue({ author, limit: PENDING_ASKED })));
  const entries = answer.ok ? answer.value.elementsOf('entries') : undefined;
  return (entries?.ok === true ? entries.value : []).flatMap((text) => {
    const members = readMembers(text);
    const data = members.ok ? members.value.get('data') : undefined;
    const authored = data === undefined ? '' : readAuthored(data, question);
    return typeof authored === 'string' ? [] : [authored.authorship];
  });
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
/** Half a minute. */
const LOOKS_MAX = 150;
/** Blocks that leave the chain while it is read may take along what was read, or what was not: then it is read again. */
const ATTEMPTS_MAX = 5;
