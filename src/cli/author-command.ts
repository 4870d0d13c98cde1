/** `cairn author`: whether all that an author has signed is on record, and nothing at odds with it. */
import { AuthorChain, type AuthorConflict, type AuthorReport, type SequenceGap } from '../core/author-chain.ts';
import { encodeConflictEvidence } from '../core/author-conflict.ts';
import { counted } from '../core/check-step.ts';
import type { Did } from '../core/did-key.ts';
import { genesisHash } from '../core/genesis.ts';
import type { Hash } from '../core/hash.ts';
import type { NetworkParams } from '../core/params.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { findAuthor } from './author-name.ts';
import { type AuthoredRecord, authorPages, type FalseRecord, statusWhenWhole } from './author-records.ts';
import { type CommandContext, withNode } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';
import { readParams } from './entry-preparation.ts';
import { writeWhole } from './file-sink.ts';
import { formatCount } from './table.ts';
import type { Terminal } from './terminal.ts';

export interface AuthorFlags {
  /** The file for a conflict. */
  readonly evidence?: string;
  readonly json?: boolean;
}

export async function runAuthor(
  context: CommandContext,
  port: number,
  name: string,
  flags: AuthorFlags,
): Promise<ExitCode> {
  const { terminal } = context;
  const author = await findAuthor(context.home, name);
  return withNode(context, port, async (client) => {
    const params = await readParams(client);
    const account = await readAccount({ terminal, client, params, author });
    if (flags.json === true) await terminal.print(JSON.stringify(accountJson(account)));
    else await tell(terminal, account);
    const { report, falseCount } = account;
    if (flags.evidence !== undefined) await writeEvidence({ terminal, account, file: flags.evidence });
    const isClean = isComplete(report) && falseCount === 0;
    return isClean ? EXIT_CODES.done : EXIT_CODES.refused;
  });
}

interface Question {
  readonly terminal: Terminal;
  readonly client: ProbeClient;
  readonly params: NetworkParams;
  readonly author: Did;
}

/** What a node has on record of an author. */
interface Account {
  readonly author: Did;
  readonly params: NetworkParams;
  /** The height up to which the node has searched. */
  readonly indexedTo: number;
  readonly tipHeight: number;
  readonly report: AuthorReport;
  readonly latest: AuthoredRecord | undefined;
  readonly falseCount: number;
  /** The first of them. */
  readonly falseRecords: readonly FalseRecord[];
  /** By their statements, those that are in conflict. */
  readonly inConflict: ReadonlyMap<Hash, AuthoredRecord>;
}

/** Blocks that leave the chain while it is read may take along what was read, or what was not: then it is read again. */
async function readAccount(question: Question): Promise<Account> {
  const { status } = await statusWhenWhole(question.client, { looksMax: LOOKS_MAX, signal: NEVER });
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const { account, isReorganised } = await readOnce(question);
    if (isReorganised) continue;
    const inConflict = await findRecords(question, account.report.conflicts);
    return { ...account, inConflict, tipHeight: Math.max(status.tip.height, account.indexedTo) };
  }
  const message = 'The chain of the node changed again and again while it was read: try again later.';
  throw new CommandError(EXIT_CODES.refused, 'chain-changed', message);
}

async function readOnce(
  question: Question,
): Promise<{ readonly account: Omit<Account, 'inConflict' | 'tipHeight'>; readonly isReorganised: boolean }> {
  const { terminal, author, params } = question;
  const chain = new AuthorChain();
  const falseRecords: FalseRecord[] = [];
  let [indexedTo, count, falseCount, isReorganised] = [0, 0, 0, false];
  let latest: AuthoredRecord | undefined;
  for await (const page of pagesOf(question)) {
    for (const record of page.records) {
      chain.add(record.authorship);
      latest = record;
    }
    falseRecords.push(...page.falseRecords.slice(0, FALSE_RECORDS_TOLD_MAX - falseRecords.length));
    falseCount += page.falseRecords.length;
    count += page.records.length;
    ({ indexedTo } = page);
    isReorganised ||= page.isReorganised;
    terminal.progress(`${formatCount(count)} entries checked`);
  }
  terminal.endProgress();
  const account = { author, params, indexedTo, report: chain.report(), latest, falseCount, falseRecords };
  return { account, isReorganised };
}

/** The records that are in conflict: they were not kept while all were read. */
async function findRecords(
  question: Question,
  conflicts: readonly AuthorConflict[],
): Promise<ReadonlyMap<Hash, AuthoredRecord>> {
  const wanted = new Set(conflicts.flatMap(({ earlier, later }) => [earlier, later]));
  const found = new Map<Hash, AuthoredRecord>();
  if (wanted.size === 0) return found;
  for await (const { records } of pagesOf(question)) {
    for (const record of records) {
      const { statement } = record.authorship;
      if (wanted.delete(statement)) found.set(statement, record);
    }
    if (wanted.size === 0) break;
  }
  return found;
}

function pagesOf({ client, params, author }: Question): ReturnType<typeof authorPages> {
  return authorPages({ client, params, author, order: 'asc', pageRecords: PAGE_RECORDS });
}

async function tell(terminal: Terminal, account: Account): Promise<void> {
  const { author, params, report, indexedTo, tipHeight, latest, falseCount, falseRecords } = account;
  const { count, last, missing, gaps, conflicts, conflictCount } = report;
  const rows: [title: string, text: string, isBad?: true][] = [];
  if (last === undefined) rows.push(['on record', 'nothing']);
  else {
    rows.push([
      'on record',
      `${describeVerdict(terminal, report)}: ${counted(count, 'entry', 'entries')}, the last with the number ${formatCount(last)}`,
    ]);
    rows.push(['signatures', 'all hold']);
  }
  if (missing > 0) rows.push(['missing', `${formatCount(missing)}: ${describeGaps(gaps, missing)}`]);
  for (const conflict of conflicts) rows.push(['conflict', describeConflict(account, conflict), true]);
  const untold = conflictCount - conflicts.length;
  if (untold > 0) rows.push(['conflict', `and ${formatCount(untold)} more`, true]);
  for (const { id, reason } of falseRecords) rows.push(['false', `${id}: ${reason}`, true]);
  const falseUntold = falseCount - falseRecords.length;
  if (falseUntold > 0) rows.push(['false', `and ${formatCount(falseUntold)} more`, true]);
  if (latest !== undefined) rows.push(['latest', `block ${formatCount(latest.height)}, ${latest.time}, ${latest.id}`]);
  const whole = indexedTo === tipHeight ? '' : `, of ${formatCount(tipHeight)}`;
  rows.push(['searched', `up to block ${formatCount(indexedTo)}${whole} of the network "${params.name}"`]);
  await terminal.print(author);
  for (const [title, text, isBad] of rows) {
    const shown = title.padEnd(TITLE_WIDTH);
    await terminal.print(`  ${isBad === true ? terminal.style('red', shown) : shown} ${text}`);
  }
}

function describeVerdict(terminal: Terminal, report: AuthorReport): string {
  if (isComplete(report)) return terminal.style('green', 'complete');
  return terminal.style('red', report.missing > 0 ? 'not complete' : 'in conflict');
}

/** docs/spec/authors.md, rule A2. */
function isComplete({ missing, conflictCount }: AuthorReport): boolean {
  return missing === 0 && conflictCount === 0;
}

function describeGaps(gaps: readonly SequenceGap[], missing: number): string {
  const told = gaps.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  const parts = gaps.map(({ from, to }) =>
    from === to ? formatCount(from) : `${formatCount(from)} to ${formatCount(to)}`,
  );
  return [...parts, ...(told < missing ? ['and more'] : [])].join(', ');
}

function describeConflict({ inConflict }: Account, { kind, sequence, earlier, later }: AuthorConflict): string {
  const place = (statement: Hash): string => {
    const record = inConflict.get(statement);
    return record === undefined ? statement : `${record.id} in block ${formatCount(record.height)}`;
  };
  return kind === 'sequence-twice'
    ? `number ${formatCount(sequence)} was given twice: to ${place(earlier)} and to ${place(later)}`
    : `number ${formatCount(sequence)}, ${place(later)}, names another as the one before it than number ${formatCount(sequence - 1)}, ${place(earlier)}`;
}

function accountJson({ author, params, report, indexedTo, falseCount, falseRecords, inConflict }: Account): object {
  const { count, last, missing, gaps, conflicts, conflictCount } = report;
  return {
    author,
    network: params.name,
    genesis: genesisHash(params),
    indexed_to: indexedTo,
    entries: count,
    last_sequence: last ?? null,
    complete: isComplete(report),
    missing,
    gaps,
    conflict_count: conflictCount,
    conflicts: conflicts.map(({ kind, sequence, earlier, later }) => ({
      kind,
      sequence,
      ids: [earlier, later].map((statement) => inConflict.get(statement)?.id ?? statement),
    })),
    false_count: falseCount,
    false_records: falseRecords,
  };
}

/** The first conflict of which both entries are there. */
async function writeEvidence(options: {
  readonly terminal: Terminal;
  readonly account: Account;
  readonly file: string;
}): Promise<void> {
  const { terminal, account, file } = options;
  const { params, author, inConflict } = account;
  for (const { earlier, later } of account.report.conflicts) {
    const [one, other] = [inConflict.get(earlier), inConflict.get(later)];
    if (one === undefined || other === undefined) continue;
    await writeWhole(terminal, file, encodeConflictEvidence({ params, author, entries: [one.bytes, other.bytes] }));
    terminal.talk(`What convicts the author is in ${file}: anybody can check it with \`cairn verify\`.`);
    return;
  }
  terminal.talk(`Nothing on record convicts the author: ${file} was not written.`);
}

/** Nothing is under way here that Ctrl-C should not just end. */
const NEVER = new AbortController().signal;
const PAGE_RECORDS = 1_000;
const ATTEMPTS_MAX = 5;
/** Five seconds: then what there is is told, with how far it goes. */
const LOOKS_MAX = 25;
const FALSE_RECORDS_TOLD_MAX = 10;
const TITLE_WIDTH = 10;
