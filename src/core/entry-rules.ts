/**
 * What an entry must be besides canonical JSON: its proofs are right, and it has what its network demands
 * (docs/spec/signatures.md).
 */
import { type Body, entryBytes, entryCount, entryIds } from './body.ts';
import { verifyProofValue } from './data-integrity.ts';
import { type Did, publicKeyOf } from './did-key.ts';
import { isStamped } from './entry-stamp.ts';
import { genesisHash } from './genesis.ts';
import type { Hash } from './hash.ts';
import type { NetworkParams } from './params.ts';
import { fail, ok, type Result } from './result.ts';
import { type Authorship, authorshipOf, findProofType, type ProofFormFault, parseSignedEntry } from './signed-entry.ts';

export type EntryRuleFault =
  | ProofFormFault
  /** The proof is for another network. */
  | { readonly code: 'proof-domain-other'; readonly domain: Hash; readonly expected: Hash }
  /** The signature of this author's proof is not one of this document by this key. */
  | { readonly code: 'proof-signature-wrong'; readonly author: Did }
  /** The network wants every entry signed. */
  | { readonly code: 'proof-missing' }
  /** The network names who may write, and this author is not among them. */
  | { readonly code: 'writer-unknown'; readonly author: Did }
  /** The network asks for a stamp of work: the id does not begin with so many zero bits. */
  | { readonly code: 'stamp-too-low'; readonly id: Hash; readonly bits: number };

/** The entry of a body, by its place from 0, and what is wrong with it. */
export type BodyRuleFault = EntryRuleFault & { readonly entry: number };

/**
 * The authors of an entry, in the order of its proofs, if it obeys every rule for entries of the network; none where it is
 * unsigned and may be. The entry is canonical and within the limits, and `id` is its own. Costs what its signatures cost.
 */
export function checkEntryRules(
  canonicalEntry: Uint8Array,
  id: Hash,
  params: NetworkParams,
): Result<readonly Authorship[], EntryRuleFault> {
  // Signatures come last: everything else is cheaper by far.
  if (!isStamped(id, params.stampBits)) return fail({ code: 'stamp-too-low', id, bits: params.stampBits });
  const signed = parseSignedEntry(canonicalEntry);
  if (signed === undefined) return params.signatures === 'required' ? fail({ code: 'proof-missing' }) : ok([]);
  if (!signed.ok) return signed;
  const { document, proofs } = signed.value;
  const expected = genesisHash(params);
  const foreign = proofs.find(({ domain }) => domain !== expected);
  if (foreign !== undefined) return fail({ code: 'proof-domain-other', domain: foreign.domain, expected });
  const isOpen = params.writers.length === 0;
  const stranger = isOpen ? undefined : proofs.find(({ author }) => !params.writers.includes(author));
  if (stranger !== undefined) return fail({ code: 'writer-unknown', author: stranger.author });
  for (const { author, options, proofValue } of proofs) {
    if (!verifyProofValue({ document, options }, proofValue, publicKeyOf(author))) {
      return fail({ code: 'proof-signature-wrong', author });
    }
  }
  return ok(proofs.map(authorshipOf));
}

/**
 * What is wrong with the first entry of `body` that breaks a rule of the network; undefined where none does. Entries that
 * `isChecked` knows by their ids are passed over: whoever has found them right once need not do so again.
 */
export function findBrokenEntry(
  body: Body,
  params: NetworkParams,
  isChecked?: (id: Hash) => boolean,
): BodyRuleFault | undefined {
  const steps = judgeEntries(body, params, isChecked);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** As `findBrokenEntry`, with a step for each entry that is judged: a body of signatures takes a third of a second. */
export function* judgeEntries(
  body: Body,
  params: NetworkParams,
  isChecked?: (id: Hash) => boolean,
): Generator<void, BodyRuleFault | undefined, undefined> {
  for (const entry of entriesToJudge(body, params)) {
    const id = entryIds(body)[entry] as Hash;
    if (isChecked?.(id)) continue;
    const checked = checkEntryRules(entryBytes(body, entry), id, params);
    if (!checked.ok) return { ...checked.fault, entry };
    yield;
  }
  return undefined;
}

/** The places of the entries that could break a rule: all, or those in which the name of a proof's type stands. */
export function* entriesToJudge(body: Body, params: NetworkParams): Generator<number, void, undefined> {
  const isEvery = params.signatures === 'required' || params.stampBits > 0;
  const count = entryCount(body);
  let found = isEvery ? 0 : findProofType(body.bytes, 0);
  for (let entry = 0; entry < count && found !== -1; entry++) {
    const end = body.spans[2 * entry + 1] as number;
    if (found > end) continue;
    yield entry;
    if (!isEvery) found = findProofType(body.bytes, end);
  }
}
