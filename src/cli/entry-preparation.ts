/** What is done to entries before a node gets them: they are signed, and stamped where the network asks for that. */
import { setImmediate } from 'node:timers/promises';
import { assertNever } from '../core/assert.ts';
import { canonicalizeBytes } from '../core/canonical-json.ts';
import type { Signer } from '../core/ed25519.ts';
import { describeEntryRuleFault } from '../core/entry-rule-text.ts';
import { checkEntryRules } from '../core/entry-rules.ts';
import { type NewlySigned, type SignFault, signEntry } from '../core/entry-signing.ts';
import { type StampEntryFault, type StampSearch, type StampSearchFault, stampEntry } from '../core/entry-stamp.ts';
import { genesisHash } from '../core/genesis.ts';
import { describeJsonFault } from '../core/json-fault.ts';
import { hashLeaf } from '../core/merkle.ts';
import { type NetworkParams, parseParams } from '../core/params.ts';
import { fail, type Result } from '../core/result.ts';
import { parseSignedEntry } from '../core/signed-entry.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import {
  AuthorBook,
  type AuthorPlace,
  type AuthorPosition,
  type EntryRefusal,
  type KeptEntry,
  type WaitingEntry,
} from './author-book.ts';
import { learnPosition } from './author-position.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';
import { signerWith } from './key-file.ts';
import { type OpeningFlags, openKey } from './opened-key.ts';

export interface PreparationFlags extends OpeningFlags {
  /** The name of a key. */
  readonly sign?: string;
}

/** An entry that cannot be prepared. */
export interface PreparationFault {
  /** Its place among those that were to be prepared, from 0. */
  readonly entry: number;
  readonly code: string;
  /** One English sentence. */
  readonly message: string;
}

export interface PreparedEntries {
  /** Canonical, in the order in which they came: all, or those before the fault. They are longer than before. */
  readonly entries: readonly Uint8Array[];
  readonly fault: PreparationFault | undefined;
}

export interface EntryPreparation {
  /**
   * What was signed before, and not said to be taken: by a run that has crashed, or one that goes on at this moment. To be
   * handed in first, with `once`, as a node may have it already.
   */
  readonly waiting: readonly WaitingEntry[];
  /** Signed entries are durable when it resolves, each with its note of `notes`, and nobody else has heard of them before. */
  prepare(entries: readonly Uint8Array[], notes?: readonly string[]): Promise<PreparedEntries>;
  /** The same for entries that are to stand in one block: with a fault, none is signed, and none is given back. */
  prepareWhole(entries: readonly Uint8Array[]): Promise<PreparedEntries>;
  /** The node refuses the entry for its own sake: it is kept, and goes on waiting. */
  refused(entry: Uint8Array, refusal: EntryRefusal): void;
  /** A node has these, durably: they need not be kept any longer. */
  taken(entries: readonly Uint8Array[]): void;
  close(): void;
}

/** For entries that the node behind `client` is to take. Throws a `CommandError` where it takes none of ours. */
export async function openPreparation(
  context: CommandContext,
  client: ProbeClient,
  flags: PreparationFlags,
  signal: AbortSignal,
): Promise<EntryPreparation> {
  if (flags.sign === undefined && flags.passphraseFile !== undefined) {
    const message = '--passphrase-file goes with --sign, which names the key.';
    throw new CommandError(EXIT_CODES.usage, 'flags-conflict', message);
  }
  const params = await readParams(client);
  if (flags.sign === undefined) return new UnsignedPreparation(params, signal);
  const signer = signerWith(await openKey(context, flags.sign, flags));
  if (params.writers.length > 0 && !params.writers.includes(signer.author)) {
    const message = `The key "${flags.sign}" signs as ${signer.author}, who is not among the writers of the network "${params.name}".`;
    throw new CommandError(EXIT_CODES.refused, 'writer-unknown', message);
  }
  const book = AuthorBook.open(context.home);
  try {
    const place = { author: signer.author, genesis: genesisHash(params) };
    await learnPosition({ terminal: context.terminal, client, signal, book, params, place });
    return new SignedPreparation({ params, signal, signer, book, place });
  } catch (error) {
    book.close();
    throw error;
  }
}

/** The parameters of the node's network. */
export async function readParams(client: ProbeClient): Promise<NetworkParams> {
  const params = parseParams(await client.call('params'));
  if (params.ok) return params.value;
  const message = `The node's network has parameters that this version does not know (${params.fault.code}).`;
  throw new CommandError(EXIT_CODES.unreachable, 'probe-protocol', message);
}

class UnsignedPreparation implements EntryPreparation {
  readonly waiting: readonly WaitingEntry[] = [];
  readonly #params: NetworkParams;
  readonly #signal: AbortSignal;

  constructor(params: NetworkParams, signal: AbortSignal) {
    this.#params = params;
    this.#signal = signal;
  }

  async prepare(entries: readonly Uint8Array[]): Promise<PreparedEntries> {
    const { stampBits, signatures } = this.#params;
    if (stampBits === 0 && signatures === 'optional') return { entries, fault: undefined };
    const prepared: Uint8Array[] = [];
    for (const entry of entries) {
      if (parseSignedEntry(entry) !== undefined) {
        // What somebody has signed elsewhere must stay as it is.
        prepared.push(entry);
        continue;
      }
      if (signatures === 'required') return { entries: prepared, fault: unsigned(prepared.length) };
      const stamped = await searchInParts(this.#signal, (search) => stampEntry(entry, stampBits, search));
      if (!stamped.ok) return { entries: prepared, fault: faultOf(prepared.length, stamped.fault) };
      prepared.push(stamped.value.bytes);
    }
    return { entries: prepared, fault: undefined };
  }

  async prepareWhole(entries: readonly Uint8Array[]): Promise<PreparedEntries> {
    const prepared = await this.prepare(entries);
    return prepared.fault === undefined ? prepared : { ...prepared, entries: [] };
  }

  refused(): void {}

  taken(): void {}

  close(): void {}
}

interface SigningParts {
  readonly params: NetworkParams;
  readonly signal: AbortSignal;
  readonly signer: Signer;
  readonly book: AuthorBook;
  readonly place: AuthorPlace;
}

class SignedPreparation implements EntryPreparation {
  readonly waiting: readonly WaitingEntry[];
  readonly #parts: SigningParts;

  constructor(parts: SigningParts) {
    this.#parts = parts;
    this.waiting = parts.book.waiting(parts.place);
  }

  async prepare(entries: readonly Uint8Array[], notes: readonly string[] = []): Promise<PreparedEntries> {
    const { book, place } = this.#parts;
    const prepared: Uint8Array[] = [];
    while (prepared.length < entries.length) {
      const position = book.position(place) ?? FIRST_POSITION;
      const done = prepared.length;
      const options = { position, notes: notes.slice(done), patienceMs: SIGNING_MS_MAX };
      const { kept, fault } = await this.#sign(entries.slice(done), options);
      // Else another process has signed as this author meanwhile, and its numbers are not ours to give.
      if (!book.keep(place, position, kept)) continue;
      for (const { bytes } of kept) prepared.push(bytes);
      if (fault !== undefined) return { entries: prepared, fault: { ...fault, entry: prepared.length } };
    }
    return { entries: prepared, fault: undefined };
  }

  async prepareWhole(entries: readonly Uint8Array[]): Promise<PreparedEntries> {
    const { book, place } = this.#parts;
    for (;;) {
      const position = book.position(place) ?? FIRST_POSITION;
      const { kept, fault } = await this.#sign(entries, { position, notes: [], patienceMs: Infinity });
      if (fault !== undefined) return { entries: [], fault };
      if (book.keep(place, position, kept)) return { entries: kept.map(({ bytes }) => bytes), fault: undefined };
    }
  }

  refused(entry: Uint8Array, refusal: EntryRefusal): void {
    this.#parts.book.refuse(this.#parts.place, hashLeaf(entry), refusal);
  }

  taken(entries: readonly Uint8Array[]): void {
    this.#parts.book.settle(this.#parts.place, entries.map(hashLeaf));
  }

  close(): void {
    this.#parts.book.close();
  }

  /** From the first on, and no more begun after a while: stamps take time, and another process may make them worthless. */
  async #sign(
    entries: readonly Uint8Array[],
    options: { readonly position: AuthorPosition; readonly notes: readonly string[]; readonly patienceMs: number },
  ): Promise<{ readonly kept: readonly KeptEntry[]; readonly fault: PreparationFault | undefined }> {
    const { position, notes, patienceMs } = options;
    const { params, signer, signal } = this.#parts;
    const kept: KeptEntry[] = [];
    const endMs = performance.now() + patienceMs;
    for (const [i, entry] of entries.entries()) {
      if (i > 0 && performance.now() > endMs) break;
      const sequence = position.sequence + i;
      const previous = kept.at(-1)?.statement ?? position.previous;
      const created = `${new Date().toISOString().slice(0, SECONDS_END)}Z`;
      const signed = await searchInParts(signal, (search) =>
        signEntry(entry, { signer, params, sequence, previous, created, search }),
      );
      if (!signed.ok) return { kept, fault: faultOf(i, signed.fault) };
      const { bytes, id, authorship } = signed.value;
      const fault = findRefusal(signed.value, { params, isCosigned: parseSignedEntry(entry) !== undefined });
      if (fault !== undefined) return { kept, fault: { entry: i, ...fault } };
      kept.push({ bytes, id, statement: authorship.statement, note: notes[i] });
    }
    return { kept, fault: undefined };
  }
}

/**
 * What a node would refuse it for. Asked before the number is given away: what was shown to a node and refused could not be
 * signed otherwise under the same number.
 */
function findRefusal(
  { bytes, id }: NewlySigned,
  { params, isCosigned }: { readonly params: NetworkParams; readonly isCosigned: boolean },
): { readonly code: string; readonly message: string } | undefined {
  if (bytes.length > params.entryBytesMax) {
    const message = `The entry is ${bytes.length} bytes with its proof, over the limit of ${params.entryBytesMax}: record its hash instead.`;
    return { code: 'entry-too-large', message };
  }
  const canonical = canonicalizeBytes(bytes, params);
  if (!canonical.ok) return { code: canonical.fault.code, message: describeJsonFault(canonical.fault) };
  // Our own proof is right, and to check it would take longer than to make it. Those of others may be anything.
  if (!isCosigned) return undefined;
  const checked = checkEntryRules(bytes, id, params);
  return checked.ok ? undefined : { code: checked.fault.code, message: describeEntryRuleFault(checked.fault) };
}

/** Looks for a stamp without keeping everything else waiting. Throws the reason of `signal`. */
async function searchInParts<Value, Fault extends { readonly code: string }>(
  signal: AbortSignal,
  search: (part: StampSearch) => Result<Value, Fault | StampSearchFault>,
): Promise<Result<Value, Fault>> {
  let from = 0;
  for (;;) {
    const found = search({ from, triesMax: TRIES_AT_ONCE });
    if (found.ok) return found;
    if (!('next' in found.fault)) return fail(found.fault);
    from = found.fault.next;
    await setImmediate();
    signal.throwIfAborted();
  }
}

function unsigned(entry: number): PreparationFault {
  const message = 'This network takes signed entries only: name a key with --sign (`cairn keys list`).';
  return { entry, code: 'proof-missing', message };
}

function faultOf(entry: number, fault: PreparableFault): PreparationFault {
  return { entry, code: fault.code, message: describeFault(fault) };
}

type PreparableFault = Exclude<SignFault | StampEntryFault, StampSearchFault>;

function describeFault(fault: PreparableFault): string {
  switch (fault.code) {
    case 'sign-not-object':
      return 'Only a JSON object can be signed: put the value into one, such as {"value": …}.';
    case 'sign-proof-taken':
      return 'The entry has a member "proof" of its own, where the signature would stand: give that another name.';
    case 'stamp-not-object':
      return 'This network asks for a stamp of work, which only a JSON object has room for: put the value into one, such as {"value": …}.';
    case 'stamp-taken':
      return 'This network asks for a stamp of work, and the entry has a member "stamp" of its own: give that another name.';
    case 'proof-author-twice':
    case 'proof-count':
      return describeEntryRuleFault(fault);
    default:
      return assertNever(fault);
  }
}

const FIRST_POSITION: AuthorPosition = { sequence: 0, previous: undefined };
/** A signature takes some 50 µs: Ctrl-C is heard within a moment. */
const TRIES_AT_ONCE = 1_000;
const SIGNING_MS_MAX = 500;
/** Of `2026-11-23T05:12:00.000Z`. */
const SECONDS_END = 19;
