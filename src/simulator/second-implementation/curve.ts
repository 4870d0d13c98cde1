/**
 * Ed25519 as docs/spec/signatures.md has it, on integers and by the formulas of RFC 8032 §5.1: affine points would do, but
 * dividing once at the end is what makes it bearable.
 */
import { hash } from 'node:crypto';

/** x = X/Z, y = Y/Z, xy = T/Z. */
interface Point {
  readonly x: bigint;
  readonly y: bigint;
  readonly z: bigint;
  readonly t: bigint;
}

/** Whether the signature is right by the one rule of the ledger. Bytes as they travel. */
export function isSignature(key: Buffer, message: Buffer, signature: Buffer): boolean {
  if (key.length !== 32 || signature.length !== 64) return false;
  const r = signature.subarray(0, 32);
  const a = readPoint(key);
  const rPoint = readPoint(r);
  if (a === undefined || rPoint === undefined || isSmall(a) || isSmall(rPoint)) return false;
  const s = fromLittle(signature.subarray(32));
  if (s >= L) return false;
  const k = fromLittle(Buffer.from(hash('sha512', Buffer.concat([r, key, message]), 'hex'), 'hex')) % L;
  return isSame(times(s, BASE), plus(rPoint, times(k, a)));
}

/** The point, if the bytes are its one encoding. */
function readPoint(bytes: Buffer): Point | undefined {
  const number = fromLittle(bytes);
  const sign = number >> 255n;
  const y = number & ((1n << 255n) - 1n);
  if (y >= P) return undefined;
  const u = modulo(y * y - 1n);
  const v = modulo(D * y * y + 1n);
  const square = modulo(u * power(v, P - 2n));
  let x = power(square, (P + 3n) / 8n);
  if (modulo(x * x) !== square) x = modulo(x * power(2n, (P - 1n) / 4n));
  if (modulo(x * x) !== square) return undefined;
  if (x === 0n && sign === 1n) return undefined;
  if ((x & 1n) !== sign) x = P - x;
  return { x, y, z: 1n, t: modulo(x * y) };
}

function isSmall(point: Point): boolean {
  return isSame(times(8n, point), NEUTRAL);
}

function isSame(a: Point, b: Point): boolean {
  return modulo(a.x * b.z) === modulo(b.x * a.z) && modulo(a.y * b.z) === modulo(b.y * a.z);
}

function times(scalar: bigint, point: Point): Point {
  let sum = NEUTRAL;
  for (const bit of scalar.toString(2)) {
    sum = plus(sum, sum);
    if (bit === '1') sum = plus(sum, point);
  }
  return sum;
}

/** RFC 8032 §5.1.4. */
function plus(p: Point, q: Point): Point {
  const a = modulo((p.y - p.x) * (q.y - q.x));
  const b = modulo((p.y + p.x) * (q.y + q.x));
  const c = modulo(2n * D * p.t * q.t);
  const d = modulo(2n * p.z * q.z);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return { x: modulo(e * f), y: modulo(g * h), z: modulo(f * g), t: modulo(e * h) };
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = modulo(result * result);
    if (bit === '1') result = modulo(result * base);
  }
  return result;
}

function modulo(value: bigint): bigint {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function fromLittle(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = modulo(-121665n * power(121666n, P - 2n));
const NEUTRAL: Point = { x: 0n, y: 1n, z: 1n, t: 0n };
/** The one with y = 4/5 and an even x. */
const BASE = basePoint();

function basePoint(): Point {
  const y = modulo(4n * power(5n, P - 2n));
  const point = readPoint(Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse());
  if (point === undefined) throw new Error('the base point is on the curve');
  return point;
}
