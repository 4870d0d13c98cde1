/**
 * Evidence that an author has signed two statements that nobody signs who keeps to the rules, in one file
 * (docs/spec/authors.md#evidence). Both signatures are in it: nobody has to be believed, and nobody else can have made it.
 */
import { decodeUtf8, encodeUtf8 } from '#host';
import { type AuthorConflict, findConflict } from './author-chain.ts';
import type { CanonicalizeFault } from './canonical-json.ts';
import { verifyProofValue } from './data-integrity.ts';
import { type Did, parseDid, publicKeyOf } from './did-key.ts';
import { canonicalizeEntry, entryText } from './entry-form.ts';
import { genesisHash } from './genesis.ts';
import type { Hash } from './hash.ts';
import { type JsonText, type JsonTextFault, jsonArray, jsonObject, jsonValue, readMembers } from './json-text.ts';
import { encodeParams, type NetworkParams, type ParamsFault, parseParams } from './params.ts';
import { fail, ok, type Result } from './result.ts';
import { type AuthorProof, parseSignedEntry } from './signed-entry.ts';

export interface ConflictEvidence {
  /** Of the network that both entries are signed for. */
  readonly params: NetworkParams;
  readonly author: Did;
  /** Canonical bytes. */
  readonly entries: readonly [Uint8Array, Uint8Array];
}

/** What evidence proves. */
export interface VerifiedConflict {
  readonly network: string;
  readonly genesis: Hash;
  readonly author: Did;
  readonly conflict: AuthorConflict;
}

export type EvidenceFault =
  | { readonly code: 'evidence-too-large'; readonly limitBytes: number }
  | { readonly code: 'evidence-not-utf8' }
  | { readonly code: 'evidence-not-json'; readonly fault: JsonTextFault }
  /** A member is missing, of another form, or one that nobody knows. */
  | { readonly code: 'evidence-member-invalid'; readonly member: string }
  | { readonly code: 'evidence-network-invalid'; readonly fault: ParamsFault }
  /** Of the two, 0 or 1. */
  | { readonly code: 'evidence-entry-invalid'; readonly entry: number; readonly fault: CanonicalizeFault }
  /** It has no proof of the author, or one that breaks the profile. */
  | { readonly code: 'evidence-author-other'; readonly entry: number }
  /** It is signed for another network. */
  | { readonly code: 'evidence-domain-other'; readonly entry: number; readonly domain: Hash }
  | { readonly code: 'evidence-signature-wrong'; readonly entry: number }
  /** Somebody who keeps to the rules may have signed both. */
  | { readonly code: 'evidence-no-conflict' };

/** The file's bytes: one line of JSON with its keys in order, and a line end. */
export function encodeConflictEvidence({ params, author, entries }: ConflictEvidence): Uint8Array {
  const text = jsonObject({
    author: jsonValue(author),
    entries: jsonArray(entries.map(entryText)),
    format: jsonValue(EVIDENCE_FORMAT),
    network: encodeParams(params) as JsonText,
  });
  return encodeUtf8(`${text}\n`);
}

/** The evidence that `bytes` spell. White space and the order of members do not matter. Nothing is proved by it yet. */
export function parseConflictEvidence(bytes: Uint8Array): Result<ConflictEvidence, EvidenceFault> {
  if (bytes.length > EVIDENCE_BYTES_MAX) return fail({ code: 'evidence-too-large', limitBytes: EVIDENCE_BYTES_MAX });
  const text = decodeUtf8(bytes);
  if (text === undefined) return fail({ code: 'evidence-not-utf8' });
  const members = readMembers(text);
  if (!members.ok) return fail({ code: 'evidence-not-json', fault: members.fault });
  if (members.value.get('format') !== jsonValue(EVIDENCE_FORMAT)) return invalid('format');
  const unknown = members.value.keyBeyond(MEMBERS);
  if (unknown !== undefined) return invalid(unknown);

  const network = members.value.get('network');
  if (network === undefined) return invalid('network');
  const params = parseParams(network);
  if (!params.ok) return fail({ code: 'evidence-network-invalid', fault: params.fault });
  const authorText = members.value.plainOf('author');
  const author = typeof authorText === 'string' ? parseDid(authorText) : undefined;
  if (author === undefined) return invalid('author');
  const texts = members.value.elementsOf('entries');
  const [first, second, ...more] = texts?.ok === true ? texts.value : [];
  if (first === undefined || second === undefined || more.length > 0) return invalid('entries');
  const one = canonicalizeEntry(encodeUtf8(first), params.value);
  if (!one.ok) return fail({ code: 'evidence-entry-invalid', entry: 0, fault: one.fault });
  const other = canonicalizeEntry(encodeUtf8(second), params.value);
  if (!other.ok) return fail({ code: 'evidence-entry-invalid', entry: 1, fault: other.fault });
  return ok({ params: params.value, author, entries: [one.value, other.value] });
}

/**
 * What the evidence proves, by itself: that whoever has the key of `author` has signed both, for this network. Whether the
 * entries are on record anywhere, and what others have signed on them, does not matter.
 */
export function verifyConflictEvidence(evidence: ConflictEvidence): Result<VerifiedConflict, EvidenceFault> {
  const { params, author, entries } = evidence;
  const genesis = genesisHash(params);
  const one = checkEntry(entries[0], 0, { author, genesis });
  if (!one.ok) return one;
  const other = checkEntry(entries[1], 1, { author, genesis });
  if (!other.ok) return other;
  const conflict = findConflict(one.value, other.value);
  if (conflict === undefined) return fail({ code: 'evidence-no-conflict' });
  return ok({ network: params.name, genesis, author, conflict });
}

/** The author's proof on the entry, if it holds. */
function checkEntry(
  bytes: Uint8Array,
  entry: number,
  { author, genesis }: { readonly author: Did; readonly genesis: Hash },
): Result<AuthorProof, EvidenceFault> {
  const signed = parseSignedEntry(bytes);
  const proof = signed?.ok === true ? signed.value.proofs.find((candidate) => candidate.author === author) : undefined;
  if (signed?.ok !== true || proof === undefined) return fail({ code: 'evidence-author-other', entry });
  const { domain, options, proofValue } = proof;
  if (domain !== genesis) return fail({ code: 'evidence-domain-other', entry, domain });
  const isRight = verifyProofValue({ document: signed.value.document, options }, proofValue, publicKeyOf(author));
  return isRight ? ok(proof) : fail({ code: 'evidence-signature-wrong', entry });
}

function invalid(member: string): { readonly ok: false; readonly fault: EvidenceFault } {
  return fail({ code: 'evidence-member-invalid', member });
}

/** What a file of evidence names itself as. */
export const EVIDENCE_FORMAT = 'cairn/author-conflict/1';
const MEMBERS: ReadonlySet<string> = new Set(['author', 'entries', 'format', 'network']);
/** Room for the two largest entries in any spelling, and the parameters. */
export const EVIDENCE_BYTES_MAX = 1_048_576;
