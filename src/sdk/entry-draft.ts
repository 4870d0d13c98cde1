/** Values on their way into the ledger: made canonical, held against the network's rules and stamped before they are sent. */
import { encodeUtf8 } from '#host';
import { canonicalizeEntry, entryText } from '../core/entry-form.ts';
import { describeEntryRuleFault } from '../core/entry-rule-text.ts';
import { checkEntryRules } from '../core/entry-rules.ts';
import { type NewlySigned, type SignFault, type SigningOptions, signEntry } from '../core/entry-signing.ts';
import { type StampEntryFault, type StampSearch, stampEntry } from '../core/entry-stamp.ts';
import type { Hash } from '../core/hash.ts';
import { describeJsonFault } from '../core/json-fault.ts';
import { hashLeaf } from '../core/merkle.ts';
import type { NetworkParams } from '../core/params.ts';
import type { Result } from '../core/result.ts';
import { jsonTextOf } from './json-value.ts';
import { LedgerError } from './ledger-error.ts';

/** An entry that the network takes. */
export interface EntryDraft {
  /** Canonical JSON. */
  readonly text: string;
  readonly id: Hash;
  readonly sizeBytes: number;
}

/** The entry that `value` makes. Where the network asks for a stamp of work, it is searched for, with pauses for other things. */
export async function draftEntry(
  value: unknown,
  params: NetworkParams,
  signal: AbortSignal | undefined,
): Promise<EntryDraft> {
  const bytes = canonicalOf(value, params);
  const unstamped = checkEntryRules(bytes, hashLeaf(bytes), params);
  if (unstamped.ok || unstamped.fault.code !== 'stamp-too-low') return judged(bytes, params);
  const stamped = await searchStamp((search) => stampEntry(bytes, params.stampBits, search), signal);
  return judged(stamped.bytes, params);
}

/** The same with a proof of the signer in `options`, behind those that it may have. */
export async function draftSigned(
  value: unknown,
  options: SigningOptions,
  signal: AbortSignal | undefined,
): Promise<{ readonly draft: EntryDraft; readonly signed: NewlySigned }> {
  const bytes = canonicalOf(value, options.params);
  const signed = await searchStamp((search) => signEntry(bytes, { ...options, search }), signal);
  return { draft: judged(signed.bytes, options.params), signed };
}

function canonicalOf(value: unknown, params: NetworkParams): Uint8Array {
  const bytes = canonicalizeEntry(encodeUtf8(jsonTextOf(value)), params);
  if (!bytes.ok) throw refused(bytes.fault, describeJsonFault(bytes.fault));
  return bytes.value;
}

/** Nothing is sent that every node has to refuse. */
function judged(bytes: Uint8Array, params: NetworkParams): EntryDraft {
  const sizeBytes = bytes.length;
  if (sizeBytes > params.entryBytesMax) {
    const limitBytes = params.entryBytesMax;
    throw refused(
      { code: 'entry-too-large', sizeBytes, limitBytes },
      `The entry is over ${limitBytes} bytes: split it.`,
    );
  }
  const id = hashLeaf(bytes);
  const checked = checkEntryRules(bytes, id, params);
  if (!checked.ok) throw refused(checked.fault, `The entry was not sent. ${describeEntryRuleFault(checked.fault)}`);
  return { text: entryText(bytes), id, sizeBytes };
}

/** Tries stamps in runs, and lets others do something between two of them. */
async function searchStamp<Value>(
  search: (options: StampSearch) => Result<Value, StampEntryFault | SignFault>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  for (let from = 0; ; ) {
    const found = search({ from, triesMax: TRIES_PER_RUN });
    if (found.ok) return found.value;
    if (found.fault.code !== 'stamp-not-found') throw refused(found.fault, NOT_SIGNED[found.fault.code]);
    from = found.fault.next;
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
  }
}

function refused<Fault extends { readonly code: string }>(fault: Fault, message: string): LedgerError {
  const { code, ...facts } = fault;
  return new LedgerError(code, message, { facts });
}

/** Why there is no room for a proof or a stamp. */
const NOT_SIGNED: Readonly<Record<Exclude<(StampEntryFault | SignFault)['code'], 'stamp-not-found'>, string>> = {
  'stamp-not-object': 'The network asks for a stamp of work on every entry, and only an object has room for it.',
  'stamp-taken': 'The network asks for a stamp of work, and the entry has a member `stamp` of its own: rename it.',
  'sign-not-object': 'Only an object can be signed: it has room for the proof.',
  'sign-proof-taken': 'The entry has a member `proof` of its own: rename it, or put the entry in another object.',
  'proof-author-twice': 'This author has signed the entry already.',
  'proof-count': 'As many have signed the entry as may.',
};

/** Some milliseconds, of signatures as of hashes. */
const TRIES_PER_RUN = 64;
