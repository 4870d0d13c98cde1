/** A header's 118 bytes and its hash, from the fields of a block's JSON form (docs/spec/header.md, block-json.md). */
import { fromHex, sha256, uint } from './bytes.ts';

export interface HeaderFields {
  readonly index: number;
  readonly prev_hash: string;
  readonly history_root: string;
  readonly data_root: string;
  readonly timestamp: string;
  readonly bits: string;
  readonly nonce: number;
}

/** The fields of the 118 bytes, as they stand there; hashes as hex. */
export interface RawHeader {
  readonly height: bigint;
  readonly previousHash: string;
  readonly historyRoot: string;
  readonly dataRoot: string;
  readonly time: bigint;
  readonly bits: bigint;
  readonly nonce: bigint;
}

export function headerHex(fields: HeaderFields): string {
  return writeHeader({
    height: BigInt(fields.index),
    previousHash: fields.index === 0 ? '0'.repeat(64) : fields.prev_hash,
    historyRoot: fields.history_root,
    dataRoot: fields.data_root,
    time: secondsOf(fields.timestamp),
    bits: BigInt(`0x${fields.bits}`),
    nonce: BigInt(fields.nonce),
  });
}

export function headerHash(fields: HeaderFields): string {
  return sha256(fromHex(headerHex(fields)));
}

export function writeHeader(header: RawHeader): string {
  return [
    '4c01',
    uint(header.height, 4).toString('hex'),
    header.previousHash,
    header.historyRoot,
    header.dataRoot,
    uint(header.time, 4).toString('hex'),
    uint(header.bits, 4).toString('hex'),
    uint(header.nonce, 8).toString('hex'),
  ].join('');
}

/** The fields of 236 hex digits, or undefined where these are no header. */
export function readHeader(hex: string): RawHeader | undefined {
  if (!/^4c01[0-9a-f]{232}$/.test(hex)) return undefined;
  const header = {
    height: BigInt(`0x${hex.slice(4, 12)}`),
    previousHash: hex.slice(12, 76),
    historyRoot: hex.slice(76, 140),
    dataRoot: hex.slice(140, 204),
    time: BigInt(`0x${hex.slice(204, 212)}`),
    bits: BigInt(`0x${hex.slice(212, 220)}`),
    nonce: BigInt(`0x${hex.slice(220, 236)}`),
  };
  return header.nonce < 2n ** 53n ? header : undefined;
}

/** Unix seconds of `dd/mm/yyyy, hh:mm:ss`, by counting days one year and one month at a time. */
export function secondsOf(timestamp: string): bigint {
  const [day = 0, month = 0, year = 0, hour = 0, minute = 0, second = 0] = timestamp.split(/\/|, |:/).map(Number);
  let days = day - 1;
  for (let y = 1970; y < year; y++) days += isLeap(y) ? 366 : 365;
  for (let m = 1; m < month; m++) days += daysInMonth(year, m);
  return BigInt(days) * 86_400n + BigInt(hour) * 3_600n + BigInt(minute) * 60n + BigInt(second);
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
