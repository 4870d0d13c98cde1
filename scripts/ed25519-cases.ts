/**
 * Signatures on which libraries differ, made on purpose: with points of small order, numbers in two spellings, and equations
 * that hold only when multiplied by the cofactor. What the ledger says of each is written down here and not computed.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex, encodeUtf8, hexInto } from '#host';
import { assertPresent } from '../src/core/assert.ts';

export interface Ed25519Case {
  readonly comment: string;
  readonly public_key: string;
  readonly message: string;
  readonly signature: string;
  readonly valid: boolean;
}

type Point = InstanceType<typeof ed25519.Point>;

/** A key or a commitment: how it is spelt, and the multiple of the base point in it; the rest is of small order. */
interface Part {
  readonly bytes: Uint8Array;
  readonly scalar: bigint;
}

/** The hash of all that is signed, before and after it is reduced. */
interface Challenge {
  readonly full: bigint;
  readonly reduced: bigint;
}

export function ed25519Cases(): Ed25519Case[] {
  const key = part('key', BASE.multiplyUnsafe(scalarOf('key')));
  const commitment = part('commitment', BASE.multiplyUnsafe(scalarOf('commitment')));
  const mixedKey = part('key', BASE.multiplyUnsafe(scalarOf('key')).add(ORDER_8));
  const mixedCommitment = part('commitment', BASE.multiplyUnsafe(scalarOf('commitment')).add(ORDER_8));
  const right = signedBy(key, commitment);
  const isZero = ({ reduced }: Challenge) => reduced % 8n === 0n;
  return [
    ...properCases(),
    wrong('another message', { ...right, message: `${right.message}00` }),
    wrong('another key', { ...right, public_key: bytesToHex(mixedKey.bytes) }),
    wrong('R with one bit flipped', {
      ...right,
      signature: `${flipped(right.signature.slice(0, 2))}${right.signature.slice(2)}`,
    }),
    wrong('S with one bit flipped', {
      ...right,
      signature: `${right.signature.slice(0, 64)}${flipped(right.signature.slice(64, 66))}${right.signature.slice(66)}`,
    }),
    wrong('S plus the order of the group', { ...right, signature: withScalar(right.signature, (s) => s + L) }),
    wrong('S is the order of the group', { ...right, signature: withScalar(right.signature, () => L) }),
    wrong('S is 0', { ...right, signature: withScalar(right.signature, () => 0n) }),
    wrong('S with its highest bit set', { ...right, signature: withScalar(right.signature, (s) => s + 2n ** 255n) }),
    wrong('a signature of 63 bytes', { ...right, signature: right.signature.slice(2) }),
    wrong('a signature of 65 bytes', { ...right, signature: `${right.signature}00` }),
    wrong('a key of 31 bytes', { ...right, public_key: right.public_key.slice(2) }),
    wrong('a key that is no point of the curve', { ...right, public_key: bytesToHex(spelt(2n)) }),
    wrong('a key whose y is the prime and 3', { ...right, public_key: bytesToHex(spelt(P + 3n)) }),
    wrong('R whose y is the prime and 3', {
      ...right,
      signature: `${bytesToHex(spelt(P + 3n))}${right.signature.slice(64)}`,
    }),
    ...SMALL_ORDER.map(([name, bytes]) =>
      wrong(`a key of small order: ${name}`, signedBy({ bytes, scalar: 0n }, commitment, isZero)),
    ),
    ...SMALL_ORDER.map(([name, bytes]) => wrong(`R of small order: ${name}`, signedBy(key, { bytes, scalar: 0n }))),
    wrong('R and the key of order 1, and S is 0: fits every message', {
      public_key: bytesToHex(spelt(1n)),
      message: '',
      signature: bytesToHex(spelt(1n)) + '00'.repeat(32),
    }),
    {
      comment: 'a key with a part of order 8 that k takes away',
      ...signedBy(mixedKey, commitment, isZero),
      valid: true,
    },
    wrong(
      'a key with a part of order 8 that only the cofactor takes away',
      signedBy(mixedKey, commitment, ({ reduced }) => reduced % 8n !== 0n),
    ),
    {
      comment: 'a key with a part of order 8 that k takes away once it is reduced',
      ...signedBy(mixedKey, commitment, ({ full, reduced }) => reduced % 8n === 0n && full % 8n !== 0n),
      valid: true,
    },
    wrong(
      'a key with a part of order 8 that k takes away only before it is reduced',
      signedBy(mixedKey, commitment, ({ full, reduced }) => reduced % 8n !== 0n && full % 8n === 0n),
    ),
    wrong('R with a part of order 8 that only the cofactor takes away', signedBy(key, mixedCommitment)),
    {
      comment: 'a key and R with parts of order 8 that cancel',
      ...signedBy(mixedKey, mixedCommitment, ({ reduced }) => reduced % 8n === 7n),
      valid: true,
    },
    wrong(
      'a key and R with parts of order 8 that do not cancel',
      signedBy(mixedKey, mixedCommitment, ({ reduced }) => reduced % 8n === 1n),
    ),
  ];
}

/** Signed as RFC 8032 says, of messages of several lengths. */
function properCases(): Ed25519Case[] {
  return [0, 1, 31, 64, 128, 1000].map((sizeBytes, i) => {
    const seed = sha256(encodeUtf8(`seed ${i}`));
    const message = Uint8Array.from({ length: sizeBytes }, (_, at) => (at * 7 + i) % 256);
    return {
      comment: `signed as RFC 8032 says, ${sizeBytes} bytes`,
      public_key: bytesToHex(ed25519.getPublicKey(seed)),
      message: bytesToHex(message),
      signature: bytesToHex(ed25519.sign(message, seed)),
      valid: true,
    };
  });
}

type Signed = Omit<Ed25519Case, 'comment' | 'valid'>;

function wrong(comment: string, signed: Signed): Ed25519Case {
  return { comment, ...signed, valid: false };
}

/** The first message, of those that are tried, whose challenge will do, with the S that would be right for its proper parts. */
function signedBy(key: Part, commitment: Part, isFit: (challenge: Challenge) => boolean = () => true): Signed {
  for (let number = 0; ; number++) {
    const message = encodeUtf8(`message ${number}`);
    const full = littleEndian(sha512.create().update(commitment.bytes).update(key.bytes).update(message).digest());
    const reduced = full % L;
    if (!isFit({ full, reduced })) continue;
    const s = (commitment.scalar + reduced * key.scalar) % L;
    return {
      public_key: bytesToHex(key.bytes),
      message: bytesToHex(message),
      signature: bytesToHex(commitment.bytes) + bytesToHex(spelt(s)),
    };
  }
}

function part(label: string, point: Point): Part {
  return { bytes: point.toBytes(), scalar: scalarOf(label) };
}

function scalarOf(label: string): bigint {
  return littleEndian(sha512(encodeUtf8(label))) % L;
}

function withScalar(signature: string, change: (s: bigint) => bigint): string {
  return signature.slice(0, 64) + bytesToHex(spelt(change(littleEndian(hexToBytes(signature.slice(64))))));
}

function flipped(hexByte: string): string {
  return (Number.parseInt(hexByte, 16) ^ 1).toString(16).padStart(2, '0');
}

/** 32 bytes, the lowest first. */
function spelt(number: bigint): Uint8Array {
  return hexToBytes(number.toString(16).padStart(64, '0')).reverse();
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(bytes.slice().reverse())}`);
}

function hexToBytes(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  hexInto(hex, bytes, 0);
  return bytes;
}

const P = 2n ** 255n - 19n;
const L = ed25519.Point.Fn.ORDER;
const BASE = ed25519.Point.BASE;
const EIGHTH_Y = littleEndian(hexToBytes('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'));
const ORDER_8 = ed25519.Point.fromBytes(spelt(EIGHTH_Y));
const SIGN = 2n ** 255n;

/** All 14 encodings of the eight points: of y below the prime, and of the two that have room for a second spelling. */
const SMALL_ORDER: readonly (readonly [name: string, bytes: Uint8Array])[] = (
  [
    ['y is 0', 0n],
    ['y is 1', 1n],
    ['y is -1', P - 1n],
    ['order 8', EIGHTH_Y],
    ['order 8, the other y', P - EIGHTH_Y],
    ['y is the prime', P],
    ['y is the prime and 1', P + 1n],
  ] as const
).flatMap(([name, y]) => [
  [name, spelt(y)],
  [`${name}, with the sign`, spelt(y + SIGN)],
]);
assertPresent(SMALL_ORDER[13], 'there are 14');
