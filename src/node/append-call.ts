/** The call that hands entries in: they are made canonical and judged one by one, and taken all together or not at all. */
import { describeEntryRuleFault } from '../core/entry-rule-text.ts';
import { checkEntryRules } from '../core/entry-rules.ts';
import type { JsonText } from '../core/json-text.ts';
import { hashLeaf } from '../core/merkle.ts';
import type { NetworkParams } from '../core/params.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { ProbeSession, RpcAnswer } from '../probe/probe-server.ts';
import type { PooledEntry, SubmittedEntry } from '../protocol/effects.ts';
import type { FullNode } from '../protocol/full-node.ts';
import { inTurn } from './call-turns.ts';
import { canonicalBytes } from './canonical-json.ts';
import { placeView } from './entry-call.ts';
import { refusedBy } from './machine-refusal.ts';
import { invalidParams, type Params, plain, type Refusal, readBoolean, refused } from './rpc-call.ts';
import type { Runtime } from './runtime.ts';
import { TimeSlices } from './time-slices.ts';

export interface AppendParts {
  readonly params: NetworkParams;
  readonly machine: FullNode;
  readonly runtime: Runtime;
}

/** `append`: see `RPC_METHODS`. What is refused is remembered under its id, for who asks what has become of it. */
export async function answerAppend(parts: AppendParts, params: Params, session: ProbeSession): Promise<RpcAnswer> {
  const once = readBoolean(params, 'once') ?? false;
  const texts = readTexts(params, parts.params);
  const { entries, answered } = await inTurn(session, async () => {
    const entries = await judgeAll(parts, texts);
    // Put to the machine before the next call has its turn: the answer comes later.
    return { entries, answered: parts.runtime.ask({ type: 'entries-submitted', entries, once }) };
  });
  const answer = await answered;
  if (answer.type !== 'entries-pending') {
    const refusal = refusedBy(answer);
    noteRefused(parts.runtime, entries, refusal);
    throw refusal;
  }
  const tipHeight = parts.machine.tip.header.height;
  return plain({ entries: answer.entries.map((entry) => submittedView(entry, tipHeight)) });
}

/** The entries in the order of `texts`, each of them fit for a block. Throws a `Refusal` at the first that is not. */
async function judgeAll({ params: network, runtime }: AppendParts, texts: readonly JsonText[]): Promise<PooledEntry[]> {
  const entries: PooledEntry[] = [];
  // As an array in a block: the brackets, and a comma between each two.
  let sizeBytes = texts.length + 1;
  const slices = new TimeSlices();
  for (const [index, text] of texts.entries()) {
    const bytes = canonicalBytes(text, network, index);
    const entry = { id: hashLeaf(bytes), bytes };
    const judged = judge(entry, index, network);
    if (!judged.ok) {
      noteRefused(runtime, [entry], judged.fault);
      throw judged.fault;
    }
    sizeBytes += bytes.length;
    if (sizeBytes > network.bodyBytesMax) {
      const limitBytes = network.bodyBytesMax;
      const message = `the entries are over ${limitBytes} bytes together: send the first ${index} alone, then the rest`;
      throw refused('entries-too-many', message, { limit: index, sizeBytes, limitBytes });
    }
    entries.push(judged.value);
    await slices.breathe();
  }
  return entries;
}

/** An entry that is canonical, with its authors, or what is wrong with it. `index` is its place among those of the call. */
function judge({ id, bytes }: PooledEntry, index: number, network: NetworkParams): Result<PooledEntry, Refusal> {
  if (bytes.length > network.entryBytesMax) {
    const facts = { entry: index, sizeBytes: bytes.length, limitBytes: network.entryBytesMax };
    return fail(refused('entry-too-large', `entry ${index} is over ${network.entryBytesMax} bytes: split it`, facts));
  }
  const checked = checkEntryRules(bytes, id, network);
  if (checked.ok) return ok({ id, bytes, authors: checked.value.map(({ author }) => author) });
  const { fault } = checked;
  return fail(refused(fault.code, `entry ${index}: ${describeEntryRuleFault(fault)}`, { ...fault, entry: index }));
}

function readTexts(params: Params, { entriesMax }: NetworkParams): readonly JsonText[] {
  const elements = params.elementsOf('entries');
  if (elements?.ok !== true) throw invalidParams('`entries` is not an array of JSON values');
  if (elements.value.length <= entriesMax) return elements.value;
  throw refused('entries-too-many', `at most ${entriesMax} entries are taken at a time`, { limit: entriesMax });
}

function noteRefused(runtime: Runtime, entries: readonly PooledEntry[], { rpc, message }: Refusal): void {
  const reason = rpc.data.code;
  runtime.feed({ type: 'entries-refused', entries: entries.map(({ id }) => ({ id, reason, message })) });
}

function submittedView(entry: SubmittedEntry, tipHeight: number) {
  const { id, status } = entry;
  return status === 'in-block' ? { id, status, place: placeView(entry.place, tipHeight) } : { id, status };
}
