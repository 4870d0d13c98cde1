/** Records files at a node: each becomes an entry, once, and is handed on when it stands in a block that is deep enough. */
import { setTimeout as delay } from 'node:timers/promises';
import type { EntryView, Submitted } from '../api/shapes.ts';
import { assertPresent } from '../core/assert.ts';
import { counted } from '../core/check-step.ts';
import { encodeFileEntry, type FileEntry, parseFileEntry } from '../core/file-entry.ts';
import type { Hash } from '../core/hash.ts';
import { jsonValue } from '../core/json-text.ts';
import { hashLeaf } from '../core/merkle.ts';
import { type ProbeClient, RpcCallError } from '../probe/probe-client.ts';
import { abortable } from './abortable.ts';
import { parseAnswer } from './command-context.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';
import type { EntryPreparation } from './entry-preparation.ts';
import { BatchRefusedError, EntrySubmitter } from './entry-submitter.ts';
import { INPUT_START } from './line-splitter.ts';
import { handInBacklog } from './signed-backlog.ts';
import type { Terminal } from './terminal.ts';

export interface FileToRecord {
  /** As the user calls it. */
  readonly path: string;
  /** What is recorded of it. */
  readonly file: FileEntry;
  /** The entry that an earlier run has made of it, signed or not: this one is recorded, and no other. */
  readonly recorded: Uint8Array | undefined;
}

export interface RecordedFile extends FileToRecord {
  readonly id: Hash;
  readonly bytes: Uint8Array;
  /** What the node said when it was given the entry: `in-block` where it was on record before. */
  readonly status: Submitted['status'];
}

export interface NotaryParts {
  readonly terminal: Terminal;
  readonly client: ProbeClient;
  readonly preparation: EntryPreparation;
  readonly signal: AbortSignal;
  /** How many blocks must be on top of an entry. */
  readonly depth: number;
}

/** Gives each file, in order, when it is on record. Throws a `CommandError`. */
export async function* recordFiles(
  files: readonly FileToRecord[],
  parts: NotaryParts,
): AsyncGenerator<RecordedFile, void, undefined> {
  const entries = await prepareEntries(files, parts);
  const statuses = await submitEntries(files, entries, parts);
  for (const [i, file] of files.entries()) {
    const bytes = assertPresent(entries[i], 'every file has its entry');
    const id = hashLeaf(bytes);
    await waitForDepth(file.path, id, parts);
    yield { ...file, id, bytes, status: assertPresent(statuses.get(id), 'the node has answered for every entry') };
  }
}

/** The entry of each file: one that there is already, or a new one, signed where that is asked for. Equal files have one. */
async function prepareEntries(
  files: readonly FileToRecord[],
  { preparation }: NotaryParts,
): Promise<readonly Uint8Array[]> {
  const entryByFile = new Map<string, Uint8Array>();
  for (const { bytes } of preparation.waiting) {
    const file = parseFileEntry(bytes);
    if (file !== undefined) entryByFile.set(keyOf(file), bytes);
  }
  const fresh = new Map<string, FileToRecord>();
  for (const toRecord of files) {
    const key = keyOf(toRecord.file);
    if (toRecord.recorded !== undefined) entryByFile.set(key, toRecord.recorded);
    else if (!entryByFile.has(key)) fresh.set(key, toRecord);
  }
  const { entries, fault } = await preparation.prepare([...fresh.values()].map(({ file }) => encodeFileEntry(file)));
  if (fault !== undefined) {
    const path = [...fresh.values()][fault.entry]?.path;
    throw new CommandError(EXIT_CODES.refused, fault.code, `${path}: ${fault.message} Nothing was recorded.`);
  }
  for (const [i, key] of [...fresh.keys()].entries()) {
    entryByFile.set(key, assertPresent(entries[i], 'as many entries come as went'));
  }
  return files.map(({ file }) => assertPresent(entryByFile.get(keyOf(file)), 'every file has its entry'));
}

/** What the node says of each entry, by its id. */
async function submitEntries(
  files: readonly FileToRecord[],
  entries: readonly Uint8Array[],
  parts: NotaryParts,
): Promise<ReadonlyMap<Hash, Submitted['status']>> {
  const { client, terminal, signal } = parts;
  // What the author has signed before goes first: the entries of an author follow each other.
  await handInBacklog(parts, new Set(entries.map(hashLeaf)));
  const statuses = new Map<Hash, Submitted['status']>();
  const submitter = new EntrySubmitter({
    client,
    signal,
    onTaken: (taken) => {
      for (const { id, status } of taken.entries) statuses.set(id as Hash, statuses.get(id as Hash) ?? status);
    },
    onPoolFull: () => terminal.talk('As many entries wait for blocks as the node takes; going on as blocks are found.'),
  });
  try {
    for (let start = 0; start < entries.length; start += ENTRIES_AT_ONCE) {
      const batch = entries.slice(start, start + ENTRIES_AT_ONCE);
      const lines = batch.map((_, i) => start + i);
      await submitter.submit({ entries: batch, lines, ends: batch.map(() => INPUT_START) }, { isOnce: true });
    }
    await submitter.drain();
  } catch (error) {
    await submitter.drain().catch(() => undefined);
    if (!(error instanceof BatchRefusedError)) throw error;
    const { line, code, message } = error.fault;
    throw new CommandError(EXIT_CODES.refused, code, `${files[line]?.path}: ${message} (${code})`, error);
  }
  return statuses;
}

/** Returns when the entry is in a block with so many on top. Blocks may be abandoned meanwhile. */
async function waitForDepth(path: string, id: Hash, { client, terminal, signal, depth }: NotaryParts): Promise<void> {
  for (;;) {
    const view = await entryView(client, id);
    const reached = view?.places[0]?.depth;
    if (reached !== undefined && reached >= depth) {
      terminal.endProgress();
      return;
    }
    if (view?.status === 'refused') {
      const [code, message] = [view.reason ?? 'refused', view.message ?? 'the node does not say why'];
      throw new CommandError(EXIT_CODES.refused, code, `${path}: the node has refused its entry: ${message} (${code})`);
    }
    const waits =
      reached === undefined ? 'for a block' : `with ${counted(reached, 'block', 'blocks')} on top, of ${depth}`;
    terminal.progress(`${path}: waiting ${waits}`);
    await abortable(delay(LOOK_INTERVAL_MS), signal);
  }
}

/** Undefined while the node's index is too far behind to tell. */
async function entryView(client: ProbeClient, id: Hash): Promise<EntryView | undefined> {
  try {
    return parseAnswer<EntryView>(await client.call('entry', jsonValue({ id })));
  } catch (error) {
    if (error instanceof RpcCallError && error.rpc.data.code === 'entry-index-busy') return undefined;
    throw error;
  }
}

/** Equal for files of which the same is to be recorded. */
function keyOf({ sha256, sizeBytes, name }: FileEntry): string {
  return JSON.stringify([sha256, sizeBytes, name]);
}

/** Some 600 bytes each, signed. */
const ENTRIES_AT_ONCE = 500;
const LOOK_INTERVAL_MS = 100;
