/**
 * Receipts: all that it takes to see that an entry is on record, for one who trusts nobody and asks nobody
 * (docs/spec/receipt.md).
 *
 * A receipt has the entry, where it stands in a block, where the block stands in a chain, and a proof of that chain back
 * to the genesis. It is a JSON file in which the entry stands as it is, so that people can read what it is about.
 */
import { bytesToHex, decodeUtf8, encodeUtf8 } from '#host';
import { type CanonicalizeFault, canonicalizeBytes } from './canonical-json.ts';
import { type ChainProofReport, verifyChainProof } from './chain-proof.ts';
import type { ChainProofFault } from './chain-proof-walk.ts';
import { canonicalizeEntry, entryText } from './entry-form.ts';
import { type EntryProof, type EntryProofFault, verifyEntryProof } from './entry-proof.ts';
import { checkEntryRules, type EntryRuleFault } from './entry-rules.ts';
import { genesisHash } from './genesis.ts';
import { type Hash, hashToNumber } from './hash.ts';
import type { Header } from './header.ts';
import type { HeaderProof } from './header-proof.ts';
import { parseHex } from './hex.ts';
import { type JsonText, type JsonTextFault, jsonObject, jsonValue, readMembers } from './json-text.ts';
import { hashLeaf } from './merkle.ts';
import { encodeParams, type NetworkParams, type ParamsFault, parseParams } from './params.ts';
import { entryProofToJson, parseEntryProof } from './proof-json.ts';
import { fail, ok, type Result } from './result.ts';
import type { Authorship } from './signed-entry.ts';
import { type Bits, bitsToTarget } from './target.ts';
import type { ChainPoint } from './validation.ts';

export interface Receipt {
  /** Of the network; their hash is in its genesis, so they name it. */
  readonly params: NetworkParams;
  /** The entry's canonical bytes. */
  readonly entry: Uint8Array;
  readonly entryProof: EntryProof;
  /** Of the chain that ends in the block that the entry is proved against. */
  readonly chainProof: Uint8Array;
}

/** What a receipt proves. */
export interface VerifiedReceipt {
  readonly network: string;
  readonly genesis: Hash;
  /** The entry's id. */
  readonly id: Hash;
  /** Who has signed the entry, their signatures checked; none where nobody has. */
  readonly authors: readonly Authorship[];
  /** The place among the entries of its block, from 0, and how many those are. */
  readonly index: number;
  readonly count: number;
  /** The block that holds it. */
  readonly block: { readonly header: Header; readonly hash: Hash };
  /** The last block of the chain, as it was when the receipt was made. */
  readonly tip: ChainPoint;
  /** How many blocks were on top of the entry's by then. */
  readonly depth: number;
  /** The expected number of hash tries that those blocks took. */
  readonly workOnTop: bigint;
  readonly chain: ChainProofReport;
}

export type ReceiptFault =
  | { readonly code: 'receipt-too-large'; readonly limitBytes: number }
  | { readonly code: 'receipt-not-utf8' }
  | { readonly code: 'receipt-not-json'; readonly fault: JsonTextFault | CanonicalizeFault }
  /** A member is missing, of another form, or one that nobody knows. */
  | { readonly code: 'receipt-member-invalid'; readonly member: string }
  | { readonly code: 'receipt-network-invalid'; readonly fault: ParamsFault }
  | { readonly code: 'receipt-entry-invalid'; readonly fault: CanonicalizeFault | EntrySizeFault }
  /** The entry is not the one that the proof is of. */
  | { readonly code: 'receipt-entry-other'; readonly id: Hash; readonly proved: Hash }
  /** No block can have the entry at this place: whoever mined such a one was refused by every node. */
  | { readonly code: 'receipt-place-impossible'; readonly index: number; readonly count: number }
  /** The entry is proved against another block than the one that the chain ends in. */
  | { readonly code: 'receipt-tip-other'; readonly tip: Hash; readonly proved: Hash }
  /** The entry's block has not the work that its header says. A chain proof need not have looked at this block. */
  | { readonly code: 'receipt-work-too-low'; readonly hash: Hash; readonly bits: Bits }
  | EntryProofFault
  | ChainProofFault
  | EntryRuleFault;

type EntrySizeFault = { readonly code: 'entry-too-large'; readonly sizeBytes: number; readonly limitBytes: number };

/** The file's bytes: one line of JSON with its keys in order, and a line end. */
export function encodeReceipt({ params, entry, entryProof, chainProof }: Receipt): Uint8Array {
  const text = jsonObject({
    chain_proof: jsonValue(bytesToHex(chainProof)),
    entry: entryText(entry),
    entry_proof: JSON.stringify(entryProofToJson(entryProof)) as JsonText,
    format: jsonValue(RECEIPT_FORMAT),
    network: encodeParams(params) as JsonText,
  });
  return encodeUtf8(`${text}\n`);
}

/** The receipt that `bytes` spell. White space and the order of members do not matter. Nothing is proved by it yet. */
export function parseReceipt(bytes: Uint8Array): Result<Receipt, ReceiptFault> {
  if (bytes.length > RECEIPT_BYTES_MAX) return fail({ code: 'receipt-too-large', limitBytes: RECEIPT_BYTES_MAX });
  const text = decodeUtf8(bytes);
  if (text === undefined) return fail({ code: 'receipt-not-utf8' });
  // No key may stand twice, at any depth: readers differ in which of two they take.
  const strict = canonicalizeBytes(bytes, { depthMax: RECEIPT_DEPTH_MAX });
  if (!strict.ok) return fail({ code: 'receipt-not-json', fault: strict.fault });
  const members = readMembers(text);
  if (!members.ok) return fail({ code: 'receipt-not-json', fault: members.fault });
  if (members.value.get('format') !== jsonValue(RECEIPT_FORMAT)) return invalid('format');
  const unknown = members.value.keyBeyond(MEMBERS);
  if (unknown !== undefined) return invalid(unknown);

  const network = members.value.get('network');
  if (network === undefined) return invalid('network');
  const params = parseParams(network);
  if (!params.ok) return fail({ code: 'receipt-network-invalid', fault: params.fault });
  const entryText = members.value.get('entry');
  if (entryText === undefined) return invalid('entry');
  const entry = readEntry(entryText, params.value);
  if (!entry.ok) return entry;
  const entryProof = parseEntryProof(members.value.plainOf('entry_proof'));
  if (entryProof === undefined) return invalid('entry_proof');
  const chainProof = parseHex(members.value.plainOf('chain_proof'));
  if (chainProof === undefined) return invalid('chain_proof');
  return ok({ params: params.value, entry: entry.value, entryProof, chainProof });
}

/** The same entry at the same place, with the proofs of a later moment: `chainProof`, and `block` shown below its tip. */
export function renewedReceipt(
  receipt: Receipt,
  { chainProof, block }: { readonly chainProof: Uint8Array; readonly block: HeaderProof },
): Receipt {
  return { ...receipt, entryProof: { ...receipt.entryProof, block }, chainProof };
}

/**
 * What the receipt proves, by itself: that the entry is in a block, and the block in a chain of so much work that
 * begins with the genesis of these parameters; and that whoever the entry names as its authors has signed it. Whether that
 * is the network that somebody cares for, its name does not say: compare the genesis.
 */
export function verifyReceipt({
  params,
  entry,
  entryProof,
  chainProof,
}: Receipt): Result<VerifiedReceipt, ReceiptFault> {
  const id = hashLeaf(entry);
  if (entryProof.id !== id) return fail({ code: 'receipt-entry-other', id, proved: entryProof.id });
  const { index, count } = entryProof;
  if (!isPlaceOf(entry, entryProof, params)) return fail({ code: 'receipt-place-impossible', index, count });
  const chain = verifyChainProof(chainProof, params);
  if (!chain.ok) return chain;
  const { tip, report } = chain.value;
  const proved = entryProof.block.tip;
  if (proved !== tip.hash) return fail({ code: 'receipt-tip-other', tip: tip.hash, proved });
  const block = verifyEntryProof(entryProof, tip.header);
  if (!block.ok) return block;
  const { header, hash } = block.value;
  if (hashToNumber(hash) > (bitsToTarget(header.bits) ?? 0n)) {
    return fail({ code: 'receipt-work-too-low', hash, bits: header.bits });
  }
  const authors = checkEntryRules(entry, id, params);
  if (!authors.ok) return authors;
  const work = entryProof.block.headers[0]?.work ?? tip.work;
  return ok({
    network: params.name,
    genesis: genesisHash(params),
    id,
    authors: authors.value,
    index,
    count,
    block: { header, hash },
    tip,
    depth: tip.header.height - header.height,
    workOnTop: tip.work - work,
    chain: report,
  });
}

function readEntry(text: JsonText, params: NetworkParams): Result<Uint8Array, ReceiptFault> {
  const entry = canonicalizeEntry(encodeUtf8(text), params);
  if (!entry.ok) return fail({ code: 'receipt-entry-invalid', fault: entry.fault });
  const [sizeBytes, limitBytes] = [entry.value.length, params.entryBytesMax];
  if (sizeBytes <= limitBytes) return entry;
  return fail({ code: 'receipt-entry-invalid', fault: { code: 'entry-too-large', sizeBytes, limitBytes } });
}

/** Headers do not say what their blocks hold: a block that nobody takes may have a header that holds. */
function isPlaceOf(entry: Uint8Array, { shape, count }: EntryProof, { entriesMax }: NetworkParams): boolean {
  return shape === 'single' ? count === 1 && entry[0] !== ARRAY_OPEN : count <= entriesMax;
}

function invalid(member: string): { readonly ok: false; readonly fault: ReceiptFault } {
  return fail({ code: 'receipt-member-invalid', member });
}

/** What a receipt file names itself as. */
const RECEIPT_FORMAT = 'cairn/receipt/1';
const MEMBERS: ReadonlySet<string> = new Set(['chain_proof', 'entry', 'entry_proof', 'format', 'network']);
/** Room for the longest chain proof as text, the largest entry and its proof. */
export const RECEIPT_BYTES_MAX = 4 * 1024 * 1024;
/** Containers inside each other in the file. An entry has room within its own, smaller limit. */
const RECEIPT_DEPTH_MAX = 64;
const ARRAY_OPEN = 0x5b;
