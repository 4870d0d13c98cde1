/** One input made of others: a few small changes, by chance from a seed. */
import type { FuzzTarget } from './target.ts';

/** Chance from a seed. */
export interface Chance {
  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
}

/** `input` with one to eight changes. `others` are inputs to take pieces from. */
export function mutate(
  input: Uint8Array,
  others: readonly Uint8Array[],
  { words, sizeMax }: Pick<FuzzTarget, 'words' | 'sizeMax'>,
  chance: Chance,
): Uint8Array {
  let mutated = input;
  // Mostly one: after many, what is left of an input is mostly refused for the first.
  const edits = chance.chance(0.6) ? 1 : chance.integer(2, 8);
  for (let i = 0; i < edits; i++) mutated = chance.pick(EDITS)(mutated, { words, others, chance }).subarray(0, sizeMax);
  return mutated;
}

interface Material {
  readonly words: readonly string[];
  readonly others: readonly Uint8Array[];
  readonly chance: Chance;
}

type Edit = (input: Uint8Array, material: Material) => Uint8Array;

const flipBit: Edit = (input, { chance }) => {
  if (input.length === 0) return Uint8Array.of(chance.integer(0, 255));
  const at = chance.integer(0, input.length - 1);
  return replaced(input, at, at + 1, Uint8Array.of((input[at] ?? 0) ^ (1 << chance.integer(0, 7))));
};

const setByte: Edit = (input, { chance }) => {
  const at = place(input, chance);
  const byte = chance.chance(0.5) ? chance.integer(0, 255) : chance.pick(ODD_BYTES);
  return replaced(input, at, at + 1, Uint8Array.of(byte));
};

const insertBytes: Edit = (input, { chance }) => {
  const at = place(input, chance);
  const added = Uint8Array.from({ length: chance.integer(1, 8) }, () => chance.integer(0, 255));
  return replaced(input, at, at, added);
};

const removeSpan: Edit = (input, { chance }) => {
  const [start, end] = span(input, chance);
  return replaced(input, start, end, NOTHING);
};

const repeatSpan: Edit = (input, { chance }) => {
  const [start, end] = span(input, chance);
  // Now and then so often that it is a bomb.
  const times = chance.chance(0.1) ? chance.integer(50, 4_000) : chance.integer(1, 4);
  const added = new Uint8Array(Math.min(REPEATED_BYTES_MAX, times * (end - start)));
  for (let i = 0; i < added.length; i++) added[i] = input[start + (i % (end - start))] ?? 0;
  return replaced(input, end, end, added);
};

const moveSpan: Edit = (input, { chance }) => {
  const [start, end] = span(input, chance);
  const rest = replaced(input, start, end, NOTHING);
  const at = place(rest, chance);
  return replaced(rest, at, at, input.subarray(start, end));
};

const putWord: Edit = (input, { words, chance }) => {
  if (words.length === 0) return input;
  const word = Buffer.from(chance.pick(words), 'latin1');
  const at = place(input, chance);
  return replaced(input, at, chance.chance(0.5) ? at : at + word.length, word);
};

/** Digits become another number: one more, one less, or of another size. */
const changeNumber: Edit = (input, material) => {
  const text = Buffer.from(input.buffer, input.byteOffset, Math.min(input.length, 4_096)).toString('latin1');
  const numbers = [...text.matchAll(/\d{1,15}/g)];
  if (numbers.length === 0) return setByte(input, material);
  const { chance } = material;
  const digits = chance.pick(numbers);
  const value = Number(digits[0]);
  const other = chance.pick([value + 1, Math.max(0, value - 1), value * 2, value * 10, 0, 2 ** 31, 2 ** 32, 2 ** 53]);
  return replaced(input, digits.index, digits.index + digits[0].length, Buffer.from(String(other)));
};

/** The beginning of this one and the end of another. */
const cross: Edit = (input, { others, chance }) => {
  if (others.length === 0) return input;
  const other = chance.pick(others);
  return replaced(input, place(input, chance), input.length, other.subarray(place(other, chance)));
};

const takeSpan: Edit = (input, { others, chance }) => {
  if (others.length === 0) return input;
  const other = chance.pick(others);
  const [start, end] = span(other, chance);
  const at = place(input, chance);
  return replaced(input, at, chance.chance(0.5) ? at : at + end - start, other.subarray(start, end));
};

const EDITS: readonly Edit[] = [
  flipBit,
  setByte,
  insertBytes,
  removeSpan,
  repeatSpan,
  moveSpan,
  putWord,
  putWord,
  changeNumber,
  cross,
  takeSpan,
];

function place(input: Uint8Array, chance: Chance): number {
  return chance.integer(0, input.length);
}

/** Mostly short: a long one leaves little of what it is taken from. */
function span(input: Uint8Array, chance: Chance): [number, number] {
  const start = place(input, chance);
  const sizeMax = chance.chance(0.7) ? 16 : input.length;
  return [start, Math.min(input.length, start + chance.integer(1, Math.max(1, sizeMax)))];
}

/** `input` with `added` in the place of what stands from `start` to `end`. */
function replaced(input: Uint8Array, start: number, end: number, added: Uint8Array): Uint8Array {
  const after = input.subarray(Math.min(end, input.length));
  const whole = new Uint8Array(start + added.length + after.length);
  whole.set(input.subarray(0, start));
  whole.set(added, start);
  whole.set(after, start + added.length);
  return whole;
}

const NOTHING = new Uint8Array(0);
const REPEATED_BYTES_MAX = 100_000;
/** Ends of ranges, and what means something in text. */
const ODD_BYTES = [0x00, 0x01, 0x20, 0x22, 0x30, 0x39, 0x5c, 0x7f, 0x80, 0xbf, 0xc0, 0xed, 0xf4, 0xff];
