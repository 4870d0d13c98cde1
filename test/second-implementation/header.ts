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

export function headerHex(fields: HeaderFields): string {
  return [
    '4c01',
    uint(BigInt(fields.index), 4).toString('hex'),
    fields.index === 0 ? '0'.repeat(64) : fields.prev_hash,
    fields.history_root,
    fields.data_root,
    uint(secondsOf(fields.timestamp), 4).toString('hex'),
    fields.bits,
    uint(BigInt(fields.nonce), 8).toString('hex'),
  ].join('');
}

export function headerHash(fields: HeaderFields): string {
  return sha256(fromHex(headerHex(fields)));
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
