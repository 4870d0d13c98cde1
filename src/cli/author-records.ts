/** What is on record of an author, as a node's table of records has it, each entry held against its own proof. */
import type { RecordsPage } from '../api/record-shapes.ts';
import type { NodeStatus } from '../api/shapes.ts';
import { encodeCanonical } from '../core/canonical-json.ts';
import type { Did } from '../core/did-key.ts';
import { describeEntryRuleFault } from '../core/entry-rule-text.ts';
import { checkEntryRules } from '../core/entry-rules.ts';
import { type Hash, parseHash } from '../core/hash.ts';
import { type JsonText, jsonValue, readMembers } from '../core/json-text.ts';
import { hashLeaf } from '../core/merkle.ts';
import type { NetworkParams } from '../core/params.ts';
import type { Authorship } from '../core/signed-entry.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { abortable } from './abortable.ts';
import { answeredWithout, parseAnswer } from './command-context.ts';

/** An entry that the author has signed, and where it stands. */
export interface AuthoredRecord {
  readonly id: Hash;
  readonly height: number;
  /** ISO 8601, of its block. */
  readonly time: string;
  /** Canonical. */
  readonly bytes: Uint8Array;
  readonly authorship: Authorship;
}

/** What the node gives as a record of the author, and is none. */
export interface FalseRecord {
  /** As the node has it. */
  readonly id: string;
  /** One English sentence. */
  readonly reason: string;
}

export interface AuthorPage {
  readonly records: readonly AuthoredRecord[];
  readonly falseRecords: readonly FalseRecord[];
  /** The height up to which the node has searched its chain. */
  readonly indexedTo: number;
  /** Of the block at that height; null where there is none. */
  readonly indexedHash: string | null;
  /** Whether blocks have left the chain since the first page, so that pages before may lack something. */
  readonly isReorganised: boolean;
}

export interface RecordsQuestion {
  readonly client: ProbeClient;
  readonly params: NetworkParams;
  readonly author: Did;
  readonly order: 'asc' | 'desc';
  readonly pageRecords: number;
}

/** Page after page, until the node has no more. Each is checked when it is asked for. */
export async function* authorPages(question: RecordsQuestion): AsyncGenerator<AuthorPage, void, undefined> {
  const { client, author, order, pageRecords } = question;
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const query = { filter: { author }, order, limit: pageRecords, ...(cursor === undefined ? {} : { cursor }) };
    const text = await client.call('records', jsonValue(query), { timeoutMs: ANSWER_TIMEOUT_MS });
    const members = readMembers(text);
    const texts = members.ok ? members.value.elementsOf('records') : undefined;
    if (texts?.ok !== true) throw answeredWithout('a page of records');
    // Of the records only the text is used: parsed, an entry could lose something.
    const { next, indexed_to, indexed_hash, reorganised } = parseAnswer<RecordsPage>(text);
    const records: AuthoredRecord[] = [];
    const falseRecords: FalseRecord[] = [];
    for (const record of texts.value) {
      const checked = checkRecord(record, question);
      if ('reason' in checked) falseRecords.push(checked);
      else records.push(checked);
    }
    yield { records, falseRecords, indexedTo: indexed_to, indexedHash: indexed_hash, isReorganised: reorganised };
    cursor = next;
  }
}

/**
 * The node's status, once it has all of its chain and of its table of records, or after a while: the table is a moment behind
 * the chain, or far behind it. A node that keeps none is not waited for.
 */
export async function statusWhenWhole(
  client: ProbeClient,
  options: { readonly looksMax: number; readonly signal: AbortSignal },
): Promise<{ readonly status: NodeStatus; readonly isWhole: boolean }> {
  for (let look = 1; ; look++) {
    const status = parseAnswer<NodeStatus>(await client.call('status'));
    const { sync, tip, records } = status;
    const isWhole = sync.phase === 'idle' && (records === null || records.indexed_to >= tip.height);
    if (isWhole || look >= options.looksMax) return { status, isWhole };
    await pauseBetweenLooks(options.signal);
  }
}

/** Passes until the node is looked at again. */
export function pauseBetweenLooks(signal: AbortSignal): Promise<void> {
  return abortable(new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS)), signal);
}

/** What the author says of the entry `data`, if it is one that they have signed for this network. */
export function readAuthored(
  data: JsonText,
  { params, author }: Pick<RecordsQuestion, 'params' | 'author'>,
): Pick<AuthoredRecord, 'id' | 'bytes' | 'authorship'> | string {
  const canonical = encodeCanonical(data, params);
  if (!canonical.ok) return 'It is no entry of this network.';
  const bytes = canonical.value;
  const id = hashLeaf(bytes);
  const checked = checkEntryRules(bytes, id, params);
  if (!checked.ok) return describeEntryRuleFault(checked.fault);
  const authorship = checked.value.find((candidate) => candidate.author === author);
  return authorship === undefined ? 'It is not signed by this author.' : { id, bytes, authorship };
}

function checkRecord(text: JsonText, question: RecordsQuestion): AuthoredRecord | FalseRecord {
  const read = readMembers(text);
  const members = read.ok ? read.value : undefined;
  const valueAt = (key: string): unknown => JSON.parse(members?.get(key) ?? 'null');
  const told = parseHash(String(valueAt('id')));
  const authored = readAuthored(members?.get('data') ?? jsonValue(null), question);
  if (typeof authored === 'string') return { id: told ?? 'without an id', reason: authored };
  if (authored.id !== told) return { id: told ?? 'without an id', reason: `Its id is ${authored.id}.` };
  return { ...authored, height: Number(valueAt('height')), time: String(valueAt('time')) };
}

const ANSWER_TIMEOUT_MS = 60_000;
const LOOK_INTERVAL_MS = 200;
