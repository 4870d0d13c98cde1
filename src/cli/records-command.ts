/** `cairn records`: asks a node for records by what is in them. */
import { filterJson } from '../api/filter-json.ts';
import type { FilterTexts } from '../api/record-filter-text.ts';
import { type JsonMembers, type JsonText, jsonObject, jsonValue, readMembers } from '../core/json-text.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { answeredWithout, type CommandContext, parseAnswer, withNode } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';
import { filterOfFlags } from './filter-flags.ts';
import { formatCount } from './table.ts';

export interface RecordsFlags extends FilterTexts {
  /** Highest first. */
  readonly desc?: boolean;
  readonly limit?: number;
  /** However many there are. */
  readonly all?: boolean;
  readonly json?: boolean;
}

/** One record a line, as they come: for people with their place, in JSON as the node tells them. */
export async function runRecords(context: CommandContext, port: number, flags: RecordsFlags): Promise<ExitCode> {
  if (flags.all === true && flags.limit !== undefined) {
    throw new CommandError(EXIT_CODES.usage, 'flags-conflict', '--all has no --limit: name one of the two.');
  }
  const filter = await filterOfFlags(context.home, flags);
  const wanted = flags.all === true ? Infinity : (flags.limit ?? RECORDS_DEFAULT);
  return withNode(context, port, async (client) => {
    const question = { filter: filterJson(filter), order: jsonValue(flags.desc === true ? 'desc' : 'asc') };
    const end = await printRecords(context, client, { question, wanted, isJson: flags.json === true });
    if (end !== undefined) await tellTheRest(context, client, end);
    return EXIT_CODES.done;
  });
}

interface Printing {
  readonly question: Readonly<Record<string, JsonText>>;
  readonly wanted: number;
  readonly isJson: boolean;
}

/** How far it came. */
interface End {
  readonly printed: number;
  readonly indexedTo: number;
  readonly hasMore: boolean;
  readonly isReorganised: boolean;
}

/** Undefined where nobody reads any further. */
async function printRecords(
  { terminal }: CommandContext,
  client: ProbeClient,
  { question, wanted, isJson }: Printing,
): Promise<End | undefined> {
  let [printed, lookedAt, isReorganised] = [0, 0, false];
  for (let cursor: JsonText | undefined; ; ) {
    const limit = jsonValue(Math.min(PAGE_RECORDS, wanted - printed));
    const page = readPage(await client.call('records', jsonObject({ ...question, limit, cursor })));
    terminal.endProgress();
    const lines = page.records.map((record) => `${isJson ? record : recordLine(record)}\n`).join('');
    if (lines !== '' && !(await terminal.write(lines))) return undefined;
    printed += page.records.length;
    lookedAt += page.lookedAt;
    isReorganised ||= page.isReorganised;
    if (page.next === undefined || printed >= wanted) {
      return { printed, indexedTo: page.indexedTo, hasMore: page.next !== undefined, isReorganised };
    }
    cursor = page.next;
    terminal.progress(`looked at ${formatCount(lookedAt)} records, found ${formatCount(printed)}`);
  }
}

async function tellTheRest({ terminal }: CommandContext, client: ProbeClient, end: End): Promise<void> {
  if (end.printed === 0) terminal.talk('No record passes.');
  if (end.hasMore) terminal.talk('There may be more: ask for a higher --limit, or for --all.');
  if (end.isReorganised) terminal.talk('The chain was reorganised meanwhile: ask again to be told of it as it is now.');
  const { tip } = parseAnswer<{ readonly tip: { readonly height: number } }>(await client.call('status'));
  if (end.indexedTo >= tip.height) return;
  const reach = `${formatCount(Math.max(0, end.indexedTo))} of ${formatCount(tip.height)}`;
  terminal.talk(`The table of records is still being written: it has come to block ${reach}.`);
}

function recordLine(record: JsonText): string {
  const members = membersOf(record);
  const { id, height, index, time, authors } = parseAnswer<RecordPlace>(
    jsonObject(Object.fromEntries([...members].filter(([name]) => name !== 'data'))),
  );
  const signed = authors.map(({ author }) => `${author.slice(-8)} `).join('');
  return `${time}  ${`${height}:${index}`.padEnd(9)}  ${id.slice(0, 12)}  ${signed}${members.get('data')}`;
}

interface RecordPlace {
  readonly id: string;
  readonly height: number;
  readonly index: number;
  readonly time: string;
  readonly authors: readonly { readonly author: string }[];
}

function readPage(answer: JsonText): {
  readonly records: readonly JsonText[];
  readonly next: JsonText | undefined;
  readonly lookedAt: number;
  readonly indexedTo: number;
  readonly isReorganised: boolean;
} {
  const members = membersOf(answer);
  const records = members.elementsOf('records');
  if (records?.ok !== true) throw answeredWithout('a page of records');
  const next = members.get('next');
  return {
    records: records.value,
    next: next === 'null' ? undefined : next,
    lookedAt: Number(members.get('looked_at')),
    indexedTo: Number(members.get('indexed_to')),
    isReorganised: members.get('reorganised') === 'true',
  };
}

function membersOf(text: JsonText): JsonMembers {
  const members = readMembers(text, { levelsNoted: 1 });
  if (!members.ok) throw answeredWithout('a page of records');
  return members.value;
}

const RECORDS_DEFAULT = 100;
const PAGE_RECORDS = 1_000;
