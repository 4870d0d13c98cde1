/**
 * What can be wrong with JSON that somebody sent (docs/spec/entries.md#faults).
 *
 * An `offset` counts in the units of what was judged: bytes where that was bytes, UTF-16 code units where it was text.
 */
import { assertNever } from './assert.ts';

export type JsonFault =
  | Utf8Fault
  | JsonSyntaxFault
  | JsonDepthFault
  | JsonNumberFault
  | JsonDuplicateKeyFault
  | JsonSurrogateFault
  | JsonNotCanonicalFault
  | JsonKindFault;

export interface Utf8Fault {
  readonly code: 'utf8-invalid';
}

/** What stands at `offset` cannot stand there; where `offset` is the size of the input, the input ends too early. */
export interface JsonSyntaxFault {
  readonly code: 'json-syntax';
  readonly offset: number;
}

/** The bracket at `offset` opens one container more than `limit` inside each other. */
export interface JsonDepthFault {
  readonly code: 'json-depth';
  readonly offset: number;
  readonly limit: number;
}

/** The number at `offset` is beyond a double, or an integer beyond 2^53-1. */
export interface JsonNumberFault {
  readonly code: 'json-number-range';
  readonly offset: number;
}

/** The member name at `offset` has stood in the same object before. */
export interface JsonDuplicateKeyFault {
  readonly code: 'json-duplicate-key';
  readonly key: string;
  readonly offset: number;
}

/** The string at `offset` has one half of a surrogate pair without the other. */
export interface JsonSurrogateFault {
  readonly code: 'json-lone-surrogate';
  readonly offset: number;
}

/** JSON, but not spelt as RFC 8785 spells it. Keys that stand twice are a matter of `key-order` here. */
export interface JsonNotCanonicalFault {
  readonly code: 'json-not-canonical';
  readonly offset: number;
  readonly reason: 'white-space' | 'key-order' | 'string-escape' | 'number-spelling';
}

/** The text is JSON of another kind than was asked for. */
export interface JsonKindFault {
  readonly code: 'json-kind';
  readonly offset: number;
  readonly expected: 'object' | 'array';
}

/** One English sentence: what is wrong, where, and what to do. */
export function describeJsonFault(fault: JsonFault): string {
  const { finding, remedy } = accountOf(fault);
  return `${finding}: ${remedy}.`;
}

/** What is wrong and where, in one English sentence, for who has not written the JSON and cannot mend it. */
export function describeJsonDamage(fault: JsonFault): string {
  return `${accountOf(fault).finding}.`;
}

function accountOf(fault: JsonFault): { readonly finding: string; readonly remedy: string } {
  switch (fault.code) {
    case 'utf8-invalid':
      return { finding: 'The bytes are not UTF-8', remedy: 'encode the text as UTF-8 and send it again' };
    case 'json-syntax':
      return {
        finding: `This is not JSON at offset ${fault.offset}, where it breaks off or has something unexpected`,
        remedy: 'mend it there',
      };
    case 'json-depth':
      return {
        finding: `The bracket at offset ${fault.offset} nests deeper than ${fault.limit} levels`,
        remedy: 'use a flatter structure',
      };
    case 'json-number-range':
      return {
        finding: `The number at offset ${fault.offset} is beyond what every reader reads alike (integers to 2^53-1, others to about 1.8e308)`,
        remedy: 'send it as a string',
      };
    case 'json-duplicate-key':
      return {
        finding: `The key ${JSON.stringify(fault.key)} at offset ${fault.offset} stands twice in one object`,
        remedy: 'keep one of the two',
      };
    case 'json-lone-surrogate':
      return {
        finding: `The string at offset ${fault.offset} has half of a surrogate pair, which is no character`,
        remedy: 'send both halves or none',
      };
    case 'json-not-canonical':
      return { finding: `At offset ${fault.offset} this is not canonical JSON`, remedy: REMEDIES[fault.reason] };
    case 'json-kind':
      return { finding: `A JSON ${fault.expected} must begin at offset ${fault.offset}`, remedy: 'send one' };
    default:
      return assertNever(fault);
  }
}

const REMEDIES: Readonly<Record<JsonNotCanonicalFault['reason'], string>> = {
  'white-space': 'leave out the white space',
  'key-order': 'sort the keys by UTF-16 code units, each standing once',
  'string-escape': 'escape only what RFC 8785 §3.2.2.2 escapes, in its way',
  'number-spelling': 'write the number as ECMAScript does (RFC 8785 §3.2.2.3)',
};
