/** Signs entries, so that `signed-entry.ts` finds their proofs to follow the profile (docs/spec/signatures.md). */
import { encodeUtf8 } from '#host';
import { assertPresent } from './assert.ts';
import {
  type CanonicalMembers,
  canonicalMembers,
  canonicalObject,
  createProofValue,
  withMember,
  withoutMember,
} from './data-integrity.ts';
import { type Did, verificationMethodOf } from './did-key.ts';
import type { Signer } from './ed25519.ts';
import { entryText } from './entry-form.ts';
import { type StampSearch, type StampSearchFault, searchStamp } from './entry-stamp.ts';
import { genesisHash } from './genesis.ts';
import type { Hash } from './hash.ts';
import { type JsonText, jsonArray, jsonValue, readMembers } from './json-text.ts';
import type { NetworkParams } from './params.ts';
import { fail, ok, type Result } from './result.ts';
import {
  type Authorship,
  authorsOf,
  CONTEXT,
  FIXED_MEMBERS,
  PROOF,
  PROOFS_MAX,
  type ProofFormFault,
  parseSignedEntry,
} from './signed-entry.ts';

export type SignFault =
  | StampSearchFault
  /** Only an object has room for a proof. */
  | { readonly code: 'sign-not-object' }
  /** What stands under `proof` is the entry's own data, or proofs that break the profile. */
  | { readonly code: 'sign-proof-taken' }
  /** The author has signed it already, or eight others have. */
  | Extract<ProofFormFault, { code: 'proof-author-twice' | 'proof-count' }>;

export interface SigningOptions {
  readonly signer: Signer;
  /** How many statements the author has signed in this network before. */
  readonly sequence: number;
  /** The `statement` of the latest of them; undefined exactly where `sequence` is 0. */
  readonly previous: Hash | undefined;
  /** The network that it is for: it is valid in no other. */
  readonly params: NetworkParams;
  /** `YYYY-MM-DDThh:mm:ssZ`, from 1970 to 2106; nothing where it is left out. */
  readonly created?: string;
  /** Where the network asks for a stamp. */
  readonly search?: StampSearch;
}

/** What was signed: canonical bytes, their id, and what the author must remember for the next one. */
export interface NewlySigned {
  readonly bytes: Uint8Array;
  readonly id: Hash;
  readonly authorship: Authorship;
}

/**
 * The entry with a proof of `signer`. Where it is signed by others already, theirs stay, and the new one stands behind
 * them. Where the network asks for a stamp of work, it is searched for, which takes 2^`stampBits` signatures on average.
 */
export function signEntry(canonicalEntry: Uint8Array, options: SigningOptions): Result<NewlySigned, SignFault> {
  const { signer, sequence, previous, params, created } = options;
  const members = readMembers(entryText(canonicalEntry));
  if (!members.ok) return fail({ code: 'sign-not-object' });
  const others = members.value.has(PROOF) ? proofsOfOthers(canonicalEntry, signer.author) : ok([]);
  if (!others.ok) return others;
  const document = withoutMember(members.value, PROOF);
  const context = document.get(CONTEXT);
  const plain = canonicalMembers([
    ...FIXED_MEMBERS.map(([key, value]) => [key, jsonValue(value)] as const),
    ['domain', jsonValue(genesisHash(params))],
    ['sequence', jsonValue(sequence)],
    ['verificationMethod', jsonValue(verificationMethodOf(signer.author))],
    ...(context === undefined ? [] : [[CONTEXT, context] as const]),
    ...(created === undefined ? [] : [['created', jsonValue(created)] as const]),
    ...(previous === undefined ? [] : [['previous', jsonValue(previous)] as const]),
  ]);
  const { stampBits } = params;
  const stamped = searchStamp(stampBits, options.search ?? {}, (stamp) => {
    const proofOptions = stampBits === 0 ? plain : withMember(plain, 'stamp', jsonValue(stamp));
    const value = createProofValue({ document, options: proofOptions }, signer);
    const proof = proofText(proofOptions, value);
    const proofs = others.value.length === 0 ? proof : jsonArray([...others.value, proof]);
    return encodeUtf8(canonicalObject(withMember(document, PROOF, proofs)));
  });
  if (!stamped.ok) return stamped;
  const authorship = assertPresent(authorsOf(stamped.value.bytes).at(-1), 'what was signed follows the profile');
  return ok({ ...stamped.value, authorship });
}

/** The proofs that the entry has already, which leave room for one by `author`. */
function proofsOfOthers(canonicalEntry: Uint8Array, author: Did): Result<readonly JsonText[], SignFault> {
  const signed = parseSignedEntry(canonicalEntry);
  if (signed?.ok !== true) return fail({ code: 'sign-proof-taken' });
  const { proofs } = signed.value;
  if (proofs.some((other) => other.author === author)) return fail({ code: 'proof-author-twice', author });
  if (proofs.length === PROOFS_MAX) return fail({ code: 'proof-count', count: PROOFS_MAX + 1, limit: PROOFS_MAX });
  return ok(proofs.map(({ options, proofValue }) => proofText(options, proofValue)));
}

function proofText(options: CanonicalMembers, proofValue: string): JsonText {
  return canonicalObject(withMember(options, 'proofValue', jsonValue(proofValue)));
}
