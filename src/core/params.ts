/**
 * The parameters of a network: everything in the rules that a network may choose (docs/spec/params.md).
 *
 * Their canonical JSON is hashed into the genesis block, so two networks with different parameters have different
 * genesis hashes and refuse each other.
 */
import { encodeUtf8 } from '#host';
import { assertPresent } from './assert.ts';
import type { BodyLimits } from './body.ts';
import { canonicalize } from './canonical-json.ts';
import { type Did, parseDid } from './did-key.ts';
import { type Hash, hashBytes } from './hash.ts';
import { fail, ok, type Result } from './result.ts';
import { type Bits, bitsToHex, bitsToTarget } from './target.ts';

export interface NetworkParams extends BodyLimits {
  /** Told to people and shown in messages; 1 to 64 characters of a-z, 0-9 and hyphen. */
  readonly name: string;
  /** The timestamp of the genesis block, Unix seconds. */
  readonly genesisTime: number;
  /** T: the time between two blocks that the difficulty aims at, seconds. */
  readonly blockInterval: number;
  /** The lateness that doubles the target, seconds. */
  readonly halfLife: number;
  /** What one block's time counts for at most in the difficulty, seconds. */
  readonly solveTimeMax: number;
  /** How far a block may be ahead of the local clock, seconds. */
  readonly futureTimeMax: number;
  /** The easiest target that is ever allowed, compact. */
  readonly targetLimit: Bits;
  /** The target of the genesis and of the block after it, compact. */
  readonly initialBits: Bits;
  /** Whether every entry must be signed (docs/spec/signatures.md#what-a-network-demands). */
  readonly signatures: 'optional' | 'required';
  /** Who may sign entries, sorted by UTF-16 code units; empty where anybody may. */
  readonly writers: readonly Did[];
  /** How many zero bits the id of every entry must begin with. */
  readonly stampBits: number;
}

export type ParamsFault =
  | { readonly code: 'params-not-json'; readonly reason: string }
  | { readonly code: 'params-key-unknown'; readonly key: string }
  | { readonly code: 'params-value-invalid'; readonly key: string; readonly expected: string };

/**
 * The parameters `overrides` asks for, the default network's for the rest. Times that are not given follow from the
 * block interval T: half-life 60 T, solve time 30 T at most, 8 T ahead of the clock at most.
 */
export function createParams(overrides: Partial<NetworkParams> & { readonly name: string }): NetworkParams {
  const blockInterval = overrides.blockInterval ?? 10;
  return {
    genesisTime: GENESIS_TIME,
    blockInterval,
    halfLife: 60 * blockInterval,
    solveTimeMax: 30 * blockInterval,
    futureTimeMax: 8 * blockInterval,
    targetLimit: FOUR_ZERO_DIGITS,
    initialBits: overrides.targetLimit ?? FOUR_ZERO_DIGITS,
    depthMax: 32,
    entryBytesMax: 65_536,
    entriesMax: 4_096,
    bodyBytesMax: 1_048_576,
    signatures: 'optional',
    stampBits: 0,
    ...overrides,
    // The order of them means nothing, and the document has one.
    writers: (overrides.writers ?? []).toSorted(),
  };
}

/**
 * The canonical JSON of `params`: what is hashed, and what a parameter file may hold. What came with format 2 is in it only
 * where it is not the default, so that a network without it has the genesis that it always had.
 */
export function encodeParams(params: NetworkParams): string {
  const members = PARAM_KEYS.filter((param) => param.isLeftOut?.(params) !== true).map(({ key, field, type }) => {
    const value = params[field];
    return `${JSON.stringify(key)}:${type === 'bits' ? `"${bitsToHex(Number(value))}"` : JSON.stringify(value)}`;
  });
  return `{${[`"format":${formatOf(params)}`, ...members].sort().join(',')}}`;
}

/**
 * The parameters that a parameter file asks for. Every key but `name` may be left out; keys that no rule knows, and
 * values outside their range, are refused.
 */
export function parseParams(text: string): Result<NetworkParams, ParamsFault> {
  const canonical = canonicalize(text, { depthMax: 2 });
  if (!canonical.ok) return fail({ code: 'params-not-json', reason: canonical.fault.code });
  const document: unknown = JSON.parse(canonical.value);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return fail({ code: 'params-not-json', reason: 'not a JSON object' });
  }
  const overrides: Record<string, ParamValue> = {};
  let format: unknown;
  for (const [key, value] of Object.entries(document)) {
    if (key === 'format') {
      format = value;
      continue;
    }
    const known = PARAM_KEYS.find((param) => param.key === key);
    if (known === undefined) return fail({ code: 'params-key-unknown', key });
    const parsed = parseValue(known, value);
    if (parsed === undefined) return fail({ code: 'params-value-invalid', key, expected: known.expected });
    overrides[known.field] = parsed;
  }
  const name = overrides['name'];
  if (typeof name !== 'string') return fail({ code: 'params-value-invalid', key: 'name', expected: NAME_EXPECTED });
  return checkTogether(createParams({ ...overrides, name }), format);
}

/** SHA-256("cairn/params/1" ‖ 00 ‖ canonical parameters): the history root of the genesis. */
export function paramsHash(params: NetworkParams): Hash {
  return hashBytes(encodeUtf8(`cairn/params/1\0${encodeParams(params)}`));
}

type ParamValue = string | number | readonly Did[];

type ParamKey = {
  readonly key: string;
  readonly field: keyof NetworkParams;
  readonly expected: string;
  /** Of a parameter that came with format 2: whether it has its default, with which documents do without it. */
  readonly isLeftOut?: (params: NetworkParams) => boolean;
} & (
  | { readonly type: 'integer'; readonly min: number; readonly max: number }
  | { readonly type: 'name' | 'bits' | 'signatures' | 'writers' }
);

function parseValue(param: ParamKey, value: unknown): ParamValue | undefined {
  switch (param.type) {
    case 'name':
      return typeof value === 'string' && NAME_TEXT.test(value) ? value : undefined;
    case 'integer':
      return Number.isInteger(value) && Number(value) >= param.min && Number(value) <= param.max
        ? Number(value)
        : undefined;
    case 'bits': {
      if (typeof value !== 'string' || !BITS_TEXT.test(value)) return undefined;
      const bits = Number.parseInt(value, 16);
      return bitsToTarget(bits) === undefined ? undefined : bits;
    }
    case 'signatures':
      return value === 'optional' || value === 'required' ? value : undefined;
    case 'writers':
      return parseWriters(value);
  }
}

function parseWriters(value: unknown): readonly Did[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > WRITERS_MAX) return undefined;
  const writers: Did[] = [];
  for (const text of value) {
    const writer = typeof text === 'string' ? parseDid(text) : undefined;
    if (writer === undefined || writers.includes(writer)) return undefined;
    writers.push(writer);
  }
  return writers;
}

/** The version of the rules that the parameters need. */
function formatOf(params: NetworkParams): 1 | 2 {
  return PARAM_KEYS.some(({ isLeftOut }) => isLeftOut?.(params) === false) ? 2 : 1;
}

/** What parameters must be beside each other, and those that follow from others by themselves. */
function checkTogether(params: NetworkParams, format: unknown): Result<NetworkParams, ParamsFault> {
  for (const param of PARAM_KEYS) {
    // What follows from the block interval is a multiple of it, and so never too small.
    if (param.type === 'integer' && Number(params[param.field]) > param.max) {
      const expected = `${param.expected} (it follows from block_interval)`;
      return fail({ code: 'params-value-invalid', key: param.key, expected });
    }
  }
  if (targetOf(params.initialBits) > targetOf(params.targetLimit)) {
    return fail({ code: 'params-value-invalid', key: 'initial_bits', expected: 'a target at or below target_limit' });
  }
  // Else an entry could be pending that no block has room for.
  if (params.bodyBytesMax < params.entryBytesMax + 2) {
    const expected = 'at least entry_bytes_max + 2, for an array of one entry';
    return fail({ code: 'params-value-invalid', key: 'body_bytes_max', expected });
  }
  // Else whoever is not among them would write without a signature.
  if (params.writers.length > 0 && params.signatures !== 'required') {
    return fail({ code: 'params-value-invalid', key: 'signatures', expected: '"required", where writers are named' });
  }
  if (format !== undefined && format !== formatOf(params)) {
    const expected = `${formatOf(params)} with these keys, or to be left out`;
    return fail({ code: 'params-value-invalid', key: 'format', expected });
  }
  return ok(params);
}

function targetOf(bits: Bits): bigint {
  return assertPresent(bitsToTarget(bits), 'bits that were read name a target');
}

function integerKey(key: string, field: keyof NetworkParams, min: number, max: number): ParamKey {
  return { key, field, type: 'integer', min, max, expected: `a whole number from ${min} to ${max}` };
}

function bitsKey(key: string, field: keyof NetworkParams): ParamKey {
  return { key, field, type: 'bits', expected: 'a compact target as 8 lower-case hex digits' };
}

const NAME_TEXT = /^[a-z0-9-]{1,64}$/;
const NAME_EXPECTED = '1 to 64 characters of a-z, 0-9 and hyphen';
const BITS_TEXT = /^[0-9a-f]{8}$/;

/** 1 January 2026, 00:00:00 UTC. */
const GENESIS_TIME = 1_767_225_600;

/** The target 0000ffff00…00: hashes that meet it begin with four zero digits. */
const FOUR_ZERO_DIGITS: Bits = 0x1f00ffff;

const SECONDS_MAX = 31_536_000;

const WRITERS_MAX = 256;
const STAMP_BITS_MAX = 32;

/** Every parameter. Limits may be lowered, not raised: messages are sized for them. */
const PARAM_KEYS: readonly ParamKey[] = [
  integerKey('block_interval', 'blockInterval', 1, SECONDS_MAX),
  integerKey('body_bytes_max', 'bodyBytesMax', 2, 1_048_576),
  integerKey('depth_max', 'depthMax', 1, 32),
  integerKey('entries_max', 'entriesMax', 1, 4_096),
  integerKey('entry_bytes_max', 'entryBytesMax', 2, 65_536),
  integerKey('future_time_max', 'futureTimeMax', 1, SECONDS_MAX),
  integerKey('genesis_time', 'genesisTime', 0, 2 ** 32 - 1),
  integerKey('half_life', 'halfLife', 1, SECONDS_MAX),
  bitsKey('initial_bits', 'initialBits'),
  { key: 'name', field: 'name', type: 'name', expected: NAME_EXPECTED },
  integerKey('solve_time_max', 'solveTimeMax', 1, SECONDS_MAX),
  bitsKey('target_limit', 'targetLimit'),
  {
    key: 'signatures',
    field: 'signatures',
    type: 'signatures',
    isLeftOut: ({ signatures }) => signatures === 'optional',
    expected: '"optional" or "required"',
  },
  { ...integerKey('stamp_bits', 'stampBits', 0, STAMP_BITS_MAX), isLeftOut: ({ stampBits }) => stampBits === 0 },
  {
    key: 'writers',
    field: 'writers',
    type: 'writers',
    isLeftOut: ({ writers }) => writers.length === 0,
    expected: `an array of 1 to ${WRITERS_MAX} did:key texts of Ed25519 keys, each once`,
  },
];

/** The network that a node joins when nothing else is said. */
export const DEFAULT_PARAMS: NetworkParams = createParams({ name: 'cairn' });
