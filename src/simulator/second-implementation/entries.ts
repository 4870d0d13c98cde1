/** What signed entries must be, and what a network asks of entries (docs/spec/signatures.md), from their values. */
import { hash } from 'node:crypto';
import { sha256 } from './bytes.ts';
import { isSignature } from './curve.ts';
import { plainText } from './data.ts';
import { leafHash } from './trees.ts';

export interface EntryDemands {
  readonly genesis: string;
  readonly isSigned: boolean;
  /** None: anybody. */
  readonly writers: readonly string[];
  readonly stampBits: number;
}

type Members = Readonly<Record<string, unknown>>;

/** The word for the rule that an entry, as its canonical text, breaks. */
export function entryFault(text: string, demands: EntryDemands): string | undefined {
  const id = leafHash(Buffer.from(text, 'utf8'));
  if (BigInt(`0x${id}`) >> BigInt(256 - demands.stampBits) !== 0n) return 'stamp-too-low';
  const entry: unknown = JSON.parse(text);
  const proofs = proofsOf(entry);
  if (proofs === undefined || !isObject(entry)) return demands.isSigned ? 'proof-missing' : undefined;
  if (Array.isArray(entry['proof']) && (proofs.length < 2 || proofs.length > 8)) return 'proof-count';
  const authors: string[] = [];
  for (const proof of proofs) {
    if (!isObject(proof) || !isProfiled(proof, entry)) return 'proof-member-invalid';
    const author = authorOf(proof);
    if (author === undefined) return 'proof-member-invalid';
    if (authors.includes(author)) return 'proof-author-twice';
    authors.push(author);
  }
  if (proofs.some((proof) => isObject(proof) && proof['domain'] !== demands.genesis)) return 'proof-domain-other';
  if (demands.writers.length > 0 && !authors.every((author) => demands.writers.includes(author)))
    return 'writer-unknown';
  const isRight = proofs.every((proof) => isObject(proof) && isSigned(proof, entry));
  return isRight ? undefined : 'proof-signature-wrong';
}

/** What is under `proof`, as a list, if there is any proof of Data Integrity in it. */
function proofsOf(entry: unknown): readonly unknown[] | undefined {
  if (!isObject(entry) || !Object.hasOwn(entry, 'proof')) return undefined;
  const under = entry['proof'];
  const list: readonly unknown[] = Array.isArray(under) ? under : [under];
  return list.some((proof) => isObject(proof) && proof['type'] === 'DataIntegrityProof') ? list : undefined;
}

function isProfiled(proof: Members, entry: Members): boolean {
  const must = ['type', 'cryptosuite', 'verificationMethod', 'proofPurpose', 'domain', 'sequence', 'proofValue'];
  const may = ['created', 'stamp', 'previous', '@context'];
  const keys = Object.keys(proof);
  if (!must.every((key) => keys.includes(key)) || !keys.every((key) => must.includes(key) || may.includes(key))) {
    return false;
  }
  const hex = /^[0-9a-f]{64}$/;
  const { sequence, previous, stamp, created, domain } = proof;
  return (
    proof['type'] === 'DataIntegrityProof' &&
    proof['cryptosuite'] === 'eddsa-jcs-2022' &&
    proof['proofPurpose'] === 'assertionMethod' &&
    typeof domain === 'string' &&
    hex.test(domain) &&
    isCount(sequence) &&
    (sequence === 0 ? !keys.includes('previous') : typeof previous === 'string' && hex.test(previous)) &&
    (!keys.includes('stamp') || isCount(stamp)) &&
    (!keys.includes('created') || isTime(created)) &&
    typeof proof['proofValue'] === 'string' &&
    keys.includes('@context') === Object.hasOwn(entry, '@context') &&
    (!keys.includes('@context') || plainText(proof['@context']) === plainText(entry['@context']))
  );
}

/** The author, from `did:key:X#X`, where X is a key of 32 bytes. */
function authorOf({ verificationMethod: method }: Members): string | undefined {
  if (typeof method !== 'string' || !/^did:key:z[^#]+#z[^#]+$/.test(method)) return undefined;
  const [did = '', fragment] = method.split('#');
  return did === `did:key:${fragment}` && keyOf(did) !== undefined ? did : undefined;
}

function keyOf(did: string): Buffer | undefined {
  const bytes = fromBase58(did.slice('did:key:z'.length));
  if (bytes?.length !== 34 || bytes[0] !== 0xed || bytes[1] !== 0x01) return undefined;
  const y = BigInt(`0x${Buffer.from(bytes.subarray(2)).reverse().toString('hex')}`) & (2n ** 255n - 1n);
  return y >= P || SMALL_YS.includes(y) ? undefined : bytes.subarray(2);
}

function isSigned(proof: Members, entry: Members): boolean {
  const key = keyOf(authorOf(proof) ?? '');
  const value = String(proof['proofValue']);
  const signature = value.startsWith('z') ? fromBase58(value.slice(1)) : undefined;
  if (key === undefined || signature === undefined) return false;
  const options = Buffer.from(sha256(Buffer.from(plainText(without(proof, 'proofValue')), 'utf8')), 'hex');
  const document = Buffer.from(hash('sha256', Buffer.from(plainText(without(entry, 'proof')), 'utf8'), 'hex'), 'hex');
  return isSignature(key, Buffer.concat([options, document]), signature);
}

/** By entries, so that a key such as `__proto__` stays one. */
function without(members: Members, left: string): Members {
  return Object.fromEntries(Object.entries(members).filter(([key]) => key !== left));
}

/** A number in base 58, and a zero byte for each leading `1`. */
function fromBase58(text: string): Buffer | undefined {
  const digits = [...text].map((character) => ALPHABET.indexOf(character));
  if (digits.includes(-1) || text.length > 100) return undefined;
  const number = digits.reduce((sum, digit) => sum * 58n + BigInt(digit), 0n);
  const zeros = /^1*/.exec(text)?.[0].length ?? 0;
  const hex = number === 0n ? '' : number.toString(16);
  return Buffer.concat([Buffer.alloc(zeros), Buffer.from(hex.padStart(2 * Math.ceil(hex.length / 2), '0'), 'hex')]);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Any second from 1970 to the end of 32 bits, as JavaScript itself writes it. */
function isTime(value: unknown): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)) return false;
  const time = Date.parse(value);
  return time >= 0 && time < 2 ** 32 * 1000 && new Date(time).toISOString() === value.replace('Z', '.000Z');
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const P = 2n ** 255n - 19n;
/** The y of the points of order 1, 2, 4 and 8. */
const SMALL_YS = [
  0n,
  1n,
  P - 1n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd83d3d706a17c7n,
];
