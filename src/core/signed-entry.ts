/**
 * Entries that say who stands for them, and show it (docs/spec/signatures.md).
 *
 * A signed entry is a JSON object with a W3C Data Integrity proof, or several of them by different authors, under `proof`.
 * The ledger's profile of a proof is narrow: nothing is looked up, nothing can be read in two ways, and each proof is
 * bound to one network, and to one place in the sequence of what its author has signed there. How one is signed is in
 * `entry-signing.ts`.
 */
import { encodeUtf8 } from '#host';
import { type CanonicalMembers, withoutMember } from './data-integrity.ts';
import { authorOfMethod, type Did } from './did-key.ts';
import { entryText } from './entry-form.ts';
import { type Hash, parseHash } from './hash.ts';
import { type JsonText, jsonValue, readElements, readMembers } from './json-text.ts';
import { hashLeaf } from './merkle.ts';
import { fail, ok, type Result } from './result.ts';
import { parseTimestamp } from './timestamp.ts';

/** Who stands for an entry, and where it is in all that this author has signed in the network. */
export interface Authorship {
  readonly author: Did;
  /** How many statements of this author come before, 0 for the first. */
  readonly sequence: number;
  /** The author's statement before this one; undefined where `sequence` is 0. */
  readonly previous: Hash | undefined;
  /** When it was signed, if the author says: `2026-11-23T05:12:00Z`. Nobody checks that it is true. */
  readonly created: string | undefined;
  /**
   * The author's statement: the id that the entry has with this author's proof alone. Where there is one proof, it is the
   * entry's id. What others do with theirs does not change it.
   */
  readonly statement: Hash;
}

/** A proof that follows the profile. Whether its signature is right is not known yet. */
export interface AuthorProof extends Authorship {
  readonly domain: Hash;
  /** The proof without `proofValue`. */
  readonly options: CanonicalMembers;
  /** Multibase, not yet decoded. */
  readonly proofValue: string;
}

/** A signed entry, taken apart. */
export interface SignedEntry {
  /** All but `proof`. */
  readonly document: CanonicalMembers;
  readonly proofs: readonly AuthorProof[];
}

export type ProofFormFault =
  /** Not one proof as an object, or an array of 2 to 8 of them. */
  | { readonly code: 'proof-count'; readonly count: number; readonly limit: number }
  /** The member is missing from the proof at this place, is one that the profile does not know, or has another form there. */
  | { readonly code: 'proof-member-invalid'; readonly proof: number; readonly member: string }
  | { readonly code: 'proof-author-twice'; readonly author: Did };

/**
 * The authors of an entry, in the order of its proofs, by what they say: their signatures are not checked here, so the entry
 * is one of a block that was validated, or of a receipt that was. None, where it is not signed or breaks the profile.
 */
export function authorsOf(canonicalEntry: Uint8Array): readonly Authorship[] {
  const entry = parseSignedEntry(canonicalEntry);
  return entry?.ok === true ? entry.value.proofs.map(authorshipOf) : [];
}

/** What the proof says of its author. */
export function authorshipOf({ author, sequence, previous, created, statement }: AuthorProof): Authorship {
  return { author, sequence, previous, created, statement };
}

/**
 * The entry taken apart, if all its proofs follow the profile; undefined where it is not signed: then nothing in it is a
 * proof of Data Integrity, and what stands under `proof` is data like any other.
 */
export function parseSignedEntry(canonicalEntry: Uint8Array): Result<SignedEntry, ProofFormFault> | undefined {
  if (findProofType(canonicalEntry, 0) === -1) return undefined;
  const whole = entryText(canonicalEntry);
  const members = readMembers(whole);
  const proof = members.ok ? members.value.get(PROOF) : undefined;
  if (!members.ok || proof === undefined) return undefined;
  const texts = proofTexts(proof);
  if (texts === undefined) return undefined;
  const isOne = proof.startsWith('{');
  if (!isOne && (texts.length < COSIGNED_MIN || texts.length > PROOFS_MAX)) {
    return fail({ code: 'proof-count', count: texts.length, limit: PROOFS_MAX });
  }
  const document = withoutMember(members.value, PROOF);
  const context = document.get(CONTEXT);
  const start = proofPlace(members.value);
  const [before, after] = [whole.slice(0, start), whole.slice(start + proof.length)];
  const proofs: AuthorProof[] = [];
  for (const [i, text] of texts.entries()) {
    const parsed = parseProof(text, context);
    if (typeof parsed === 'string') return fail({ code: 'proof-member-invalid', proof: i, member: parsed });
    if (proofs.some(({ author }) => author === parsed.author)) {
      return fail({ code: 'proof-author-twice', author: parsed.author });
    }
    const statement = isOne ? hashLeaf(canonicalEntry) : hashLeaf(encodeUtf8(before + text + after));
    proofs.push({ ...parsed, statement });
  }
  return ok({ document, proofs });
}

/**
 * The first place in canonical JSON, at `from` or later, where `"DataIntegrityProof"` stands: -1 where there is none, and so no
 * signed entry. By leaps, because everything that is unsigned is looked through for it.
 */
export function findProofType(bytes: Uint8Array, from: number): number {
  const last = PROOF_TYPE_TEXT.length - 1;
  for (let end = from + last; end < bytes.length; end += LEAPS[bytes[end] as number] as number) {
    let i = last;
    while (i >= 0 && bytes[end - last + i] === PROOF_TYPE_TEXT[i]) i--;
    if (i < 0) return end - last;
  }
  return -1;
}

/** Where in the text of a canonical entry that has `members` the value of `proof` begins. */
function proofPlace(members: CanonicalMembers): number {
  let place = 1;
  for (const [key, value] of members) {
    place += JSON.stringify(key).length + 1;
    if (key === PROOF) break;
    place += value.length + 1;
  }
  return place;
}

/** The proofs under `proof`; undefined where none of what stands there is one. */
function proofTexts(proof: JsonText): readonly JsonText[] | undefined {
  if (proof.startsWith('{')) return isProof(proof) ? [proof] : undefined;
  const elements = readElements(proof);
  return elements.ok && elements.value.some(isProof) ? elements.value : undefined;
}

function isProof(text: JsonText): boolean {
  // Of the thousands of elements that an array may have, few are worth taking apart.
  if (!text.includes(PROOF_TYPE_MEMBER)) return false;
  const members = readMembers(text);
  return members.ok && members.value.get('type') === jsonValue(PROOF_TYPE);
}

/** The proof that `text` spells but for its statement, or the member in which it breaks the profile. */
function parseProof(text: JsonText, context: JsonText | undefined): Omit<AuthorProof, 'statement'> | string {
  const members = readMembers(text);
  if (!members.ok) return 'type';
  const unknown = members.value.keyBeyond(PROOF_MEMBERS);
  if (unknown !== undefined) return unknown;
  const textOf = (key: string): string => {
    const value = members.value.plainOf(key);
    return typeof value === 'string' ? value : '';
  };
  for (const [key, value] of FIXED_MEMBERS) if (textOf(key) !== value) return key;
  if (members.value.get(CONTEXT) !== context) return CONTEXT;
  const author = authorOfMethod(textOf('verificationMethod'));
  if (author === undefined) return 'verificationMethod';
  const domain = parseHash(textOf('domain'));
  if (domain === undefined) return 'domain';
  const sequence = members.value.get('sequence');
  if (sequence === undefined || !WHOLE_NUMBER.test(sequence)) return 'sequence';
  const previous = parseHash(textOf('previous'));
  if (sequence === '0' ? members.value.has('previous') : previous === undefined) return 'previous';
  const created = members.value.has('created') ? textOf('created') : undefined;
  if (created !== undefined && !isTime(created)) return 'created';
  const stamp = members.value.get('stamp');
  if (stamp !== undefined && !WHOLE_NUMBER.test(stamp)) return 'stamp';
  if (members.value.get('proofValue')?.startsWith('"') !== true) return 'proofValue';
  const options = withoutMember(members.value, 'proofValue');
  return { author, sequence: Number(sequence), previous, created, domain, options, proofValue: textOf('proofValue') };
}

/** Whether `text` names a second as `2026-11-23T05:12:00Z` does, within the range of a block's timestamp. */
function isTime(text: string): boolean {
  const match = TIME_TEXT.exec(text);
  if (match === null) return false;
  const [, year, month, day, time] = match;
  return parseTimestamp(`${day}/${month}/${year}, ${time}`) !== undefined;
}

/** The member of an entry under which its proofs stand. */
export const PROOF = 'proof';
/** The member that a proof has in common with its document, where that has it. */
export const CONTEXT = '@context';
const PROOF_TYPE = 'DataIntegrityProof';
/** What every proof says in the same words. */
export const FIXED_MEMBERS = [
  ['type', PROOF_TYPE],
  ['cryptosuite', 'eddsa-jcs-2022'],
  ['proofPurpose', 'assertionMethod'],
] as const;
const PROOF_MEMBERS: ReadonlySet<string> = new Set([
  ...FIXED_MEMBERS.map(([key]) => key),
  CONTEXT,
  'created',
  'domain',
  'previous',
  'proofValue',
  'sequence',
  'stamp',
  'verificationMethod',
]);
/** One proof stands by itself and not in an array: an entry has one spelling. */
const COSIGNED_MIN = 2;
/** How many authors may sign one entry. */
export const PROOFS_MAX = 8;
const WHOLE_NUMBER = /^(0|[1-9][0-9]*)$/;
const TIME_TEXT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}:\d{2}:\d{2})Z$/;

const PROOF_TYPE_TEXT = encodeUtf8(jsonValue(PROOF_TYPE));
/** As every proof spells it: the text is canonical. */
const PROOF_TYPE_MEMBER = `"type":${jsonValue(PROOF_TYPE)}`;
/** How far to go on, by the byte that stands where the last one of the text should (Horspool 1980). */
const LEAPS = Uint8Array.from({ length: 256 }, (_, byte) => {
  const last = PROOF_TYPE_TEXT.length - 1;
  return last - PROOF_TYPE_TEXT.lastIndexOf(byte, last - 1);
});
