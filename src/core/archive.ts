/**
 * Archives: some blocks of a chain that follow each other, with all that it takes to see that they are on it, for one who trusts
 * nobody and asks nobody (docs/spec/archive.md).
 *
 * An archive is read line by line, so it may be far larger than memory: a head, the blocks, and a foot with the proofs. What an
 * archive says is judged by `ArchiveCheck` (archive-check.ts).
 */
import { bytesToHex } from '#host';
import type { HeaderProof } from './header-proof.ts';
import { parseHex } from './hex.ts';
import {
  type JsonMembers,
  type JsonText,
  type JsonTextFault,
  jsonObject,
  jsonValue,
  readMembers,
} from './json-text.ts';
import { encodeParams, type NetworkParams, type ParamsFault, parseParams } from './params.ts';
import { headerProofToJson, parseHeaderProof } from './proof-json.ts';
import { fail, ok, type Result } from './result.ts';

/** The first line. None of it is believed. */
export interface ArchiveHead {
  /** Of the network; their hash is in its genesis, so they name it. */
  readonly params: NetworkParams;
  /** The heights of the first block and of the last. */
  readonly from: number;
  readonly to: number;
  /** Shows the two headers before the first block, below it. Undefined where that is one of the first two of the chain. */
  readonly start: HeaderProof | undefined;
}

/** The last line. None of it is believed. */
export interface ArchiveFoot {
  /** Of the chain that the blocks are on. */
  readonly chainProof: Uint8Array;
  /** Shows the header of the last block below the tip of that chain; no header, where the block is the tip. */
  readonly end: HeaderProof;
}

export type ArchiveLineFault =
  | { readonly code: 'archive-not-json'; readonly line: 'head' | 'foot'; readonly fault: JsonTextFault }
  /** A member is missing, of another form, or one that nobody knows. */
  | { readonly code: 'archive-member-invalid'; readonly member: string }
  | { readonly code: 'archive-network-invalid'; readonly fault: ParamsFault };

/** What every archive begins with: programs know one by it. */
export const ARCHIVE_START = '{"format":"cairn/archive/1",';

/** One line of JSON, without its end. */
export function encodeArchiveHead({ params, from, to, start }: ArchiveHead): JsonText {
  return jsonObject({
    format: jsonValue(ARCHIVE_FORMAT),
    from: jsonValue(from),
    network: encodeParams(params) as JsonText,
    start: start === undefined ? jsonValue(null) : jsonValue(headerProofToJson(start)),
    to: jsonValue(to),
  });
}

/** One line of JSON, without its end. */
export function encodeArchiveFoot({ chainProof, end }: ArchiveFoot): JsonText {
  return jsonObject({ chain_proof: jsonValue(bytesToHex(chainProof)), end: jsonValue(headerProofToJson(end)) });
}

/** The head that a line spells. Nothing is proved by it yet. */
export function parseArchiveHead(line: string): Result<ArchiveHead, ArchiveLineFault> {
  const members = readLine(line, 'head', HEAD_MEMBERS);
  if (!members.ok) return members;
  const plainOf = (name: string): unknown => members.value.plainOf(name);
  if (plainOf('format') !== ARCHIVE_FORMAT) return invalid('format');
  const network = members.value.get('network');
  if (network === undefined) return invalid('network');
  const params = parseParams(network);
  if (!params.ok) return fail({ code: 'archive-network-invalid', fault: params.fault });
  const from = plainOf('from');
  const to = plainOf('to');
  if (!isHeight(from)) return invalid('from');
  if (!isHeight(to) || to < from) return invalid('to');
  const start = parseHeaderProof(plainOf('start'));
  const isStartRight = from < HEADERS_BEFORE ? plainOf('start') === null : start !== undefined;
  return isStartRight ? ok({ params: params.value, from, to, start }) : invalid('start');
}

/** The foot that a line spells. Nothing is proved by it yet. */
export function parseArchiveFoot(line: string): Result<ArchiveFoot, ArchiveLineFault> {
  const members = readLine(line, 'foot', FOOT_MEMBERS);
  if (!members.ok) return members;
  const chainProof = parseHex(members.value.plainOf('chain_proof'));
  if (chainProof === undefined) return invalid('chain_proof');
  const end = parseHeaderProof(members.value.plainOf('end'));
  return end === undefined ? invalid('end') : ok({ chainProof, end });
}

/** The heights of the headers that `ArchiveHead.start` shows; none for the first two blocks of a chain. */
export function heightsBefore(from: number): readonly number[] {
  return from < HEADERS_BEFORE ? [] : [from - 2, from - 1];
}

function readLine(
  line: string,
  name: 'head' | 'foot',
  known: ReadonlySet<string>,
): Result<JsonMembers, ArchiveLineFault> {
  const members = readMembers(line);
  if (!members.ok) return fail({ code: 'archive-not-json', line: name, fault: members.fault });
  const unknown = members.value.keyBeyond(known);
  return unknown === undefined ? members : invalid(unknown);
}

function isHeight(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= HEIGHT_MAX;
}

function invalid(member: string): { readonly ok: false; readonly fault: ArchiveLineFault } {
  return fail({ code: 'archive-member-invalid', member });
}

const ARCHIVE_FORMAT = 'cairn/archive/1';
const HEAD_MEMBERS: ReadonlySet<string> = new Set(['format', 'from', 'network', 'start', 'to']);
const FOOT_MEMBERS: ReadonlySet<string> = new Set(['chain_proof', 'end']);
/** What a block is judged by: its parent, and the time between that and the block before it. */
const HEADERS_BEFORE = 2;
/** Heights have 32 bits. */
const HEIGHT_MAX = 4_294_967_295;
