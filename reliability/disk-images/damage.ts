/** What can happen to the files of a store behind its back, drawn by chance. */
import { assertNever } from '../../src/core/assert.ts';
import type { Random } from '../../src/simulator/random.ts';

/** The files of a data folder, by name. */
export type StoreFiles = ReadonlyMap<string, Uint8Array>;

/** What other stores lie about, for copies that are put in the wrong place. */
export interface Surroundings {
  /** The same store some time ago. */
  readonly older: StoreFiles;
  /** Another store of the same network. */
  readonly other: StoreFiles;
}

export interface DamagedFiles {
  readonly files: StoreFiles;
  /** What was done, one line each. */
  readonly story: readonly string[];
}

/** One to three things happen to `files`. */
export function damage(files: StoreFiles, surroundings: Surroundings, random: Random): DamagedFiles {
  let damaged = new Map(files);
  const story: string[] = [];
  for (let count = random.pick([1, 1, 1, 2, 3]); count > 0 && damaged.size > 0; count--) {
    const kind = random.pick(KINDS);
    const name = random.pick([...damaged.keys(), MAIN_FILE].filter((file) => damaged.has(file)));
    const bytes = new Uint8Array(damaged.get(name) ?? []);
    damaged = new Map(damaged);
    story.push(happen({ kind, name, bytes, damaged, surroundings, random }));
  }
  return { files: damaged, story };
}

type Kind = (typeof KINDS)[number];

function happen(options: {
  readonly kind: Kind;
  readonly name: string;
  /** Of the file `name`, to be changed at will. */
  readonly bytes: Uint8Array;
  /** Where the outcome goes. */
  readonly damaged: Map<string, Uint8Array>;
  readonly surroundings: Surroundings;
  readonly random: Random;
}): string {
  const { kind, name, bytes, damaged, surroundings, random } = options;
  const pages = Math.floor(bytes.length / PAGE_BYTES);
  const page = () => PAGE_BYTES * random.integer(0, Math.max(0, pages - 1));
  const put = (changed: Uint8Array): void => void damaged.set(name, changed);
  switch (kind) {
    case 'bit': {
      const offset = random.integer(0, bytes.length - 1);
      bytes[offset] = (bytes[offset] ?? 0) ^ (1 << random.integer(0, 7));
      put(bytes);
      return `${name}: a bit flipped in byte ${offset}`;
    }
    case 'zeroes': {
      const offset = page() + random.pick([0, 4_096]);
      put(bytes.fill(0, offset, offset + 4_096));
      return `${name}: 4,096 bytes zeroed at ${offset}`;
    }
    case 'garbage': {
      const offset = 512 * random.integer(0, Math.floor(bytes.length / 512));
      for (let i = offset; i < Math.min(bytes.length, offset + 512); i++) bytes[i] = random.integer(0, 255);
      put(bytes);
      return `${name}: 512 bytes of garbage at ${offset}`;
    }
    case 'misdirected': {
      const [from, to] = [page(), page()];
      put(bytes.copyWithin(to, from, from + PAGE_BYTES));
      return `${name}: the page at ${from} also stands at ${to}`;
    }
    case 'stale-page': {
      const old = surroundings.older.get(name);
      const offset = page();
      if (old !== undefined) bytes.set(old.subarray(offset, Math.min(offset + PAGE_BYTES, bytes.length)), offset);
      put(bytes);
      return `${name}: the page at ${offset} is an older one`;
    }
    case 'cut': {
      const sizeBytes = random.integer(0, bytes.length);
      put(bytes.subarray(0, sizeBytes));
      return `${name}: cut off at ${sizeBytes}`;
    }
    case 'tail': {
      const sizeBytes = PAGE_BYTES * random.integer(0, pages);
      put(bytes.subarray(0, sizeBytes));
      return `${name}: its last pages are lost, from ${sizeBytes} on`;
    }
    case 'empty':
      put(new Uint8Array());
      return `${name}: emptied`;
    case 'missing':
      damaged.delete(name);
      return `${name}: gone`;
    case 'older':
    case 'other': {
      const replacement = surroundings[kind].get(name);
      if (replacement === undefined) damaged.delete(name);
      else put(replacement);
      return `${name}: that of the ${kind} store`;
    }
    default:
      return assertNever(kind);
  }
}

const KINDS = [
  'bit',
  'bit',
  'bit',
  'zeroes',
  'zeroes',
  'garbage',
  'misdirected',
  'stale-page',
  'cut',
  'tail',
  'empty',
  'missing',
  'older',
  'other',
] as const;
const MAIN_FILE = 'chain.sqlite';
const PAGE_BYTES = 8_192;
