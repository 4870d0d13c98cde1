/**
 * A disk that forgets: what a process has written, and what may be left of it when the power goes.
 *
 * Only what was synced is sure. Of everything else any part may be there: each sector of a write for itself, torn in the
 * middle or garbled where it was being written; each change of a file's size; and of the changes of names those until some
 * moment, because file systems keep a journal of them. What a write did not touch stays as it was, as SQLite expects of
 * disks, too (https://www.sqlite.org/psow.html).
 */
import { assertNever, assertPresent } from '../../src/core/assert.ts';
import type { Random } from '../../src/simulator/random.ts';
import type { DiskImage, DiskOperation, FileNumber } from './disk-operation.ts';

type Change = Extract<DiskOperation, { type: 'write' | 'truncate' }>;
type NameChange = Extract<DiskOperation, { type: 'create' | 'remove' | 'rename' }>;

export class FallibleDisk {
  readonly #contents = new Map<FileNumber, FileContent>();
  readonly #unsynced = new Map<FileNumber, Change[]>();
  #names = new Map<string, FileNumber>();
  #unsyncedNames: NameChange[] = [];

  /** All of `image` is safe. Its files have the numbers from 0 up, in order. */
  constructor(image: DiskImage) {
    for (const [path, bytes] of image) {
      const file = this.#names.size;
      this.#names.set(path, file);
      this.#contents.set(file, FileContent.of(bytes));
    }
  }

  apply(operation: DiskOperation): void {
    switch (operation.type) {
      case 'create':
        this.#contents.set(operation.file, FileContent.of(new Uint8Array()));
        this.#unsyncedNames.push(operation);
        return;
      case 'remove':
      case 'rename':
        this.#unsyncedNames.push(operation);
        return;
      case 'write':
      case 'truncate': {
        const changes = this.#unsynced.get(operation.file);
        if (changes === undefined) this.#unsynced.set(operation.file, [operation]);
        else changes.push(operation);
        return;
      }
      case 'sync': {
        const content = this.#contentOf(operation.file);
        for (const change of this.#unsynced.get(operation.file) ?? []) content.apply(change);
        this.#unsynced.delete(operation.file);
        return;
      }
      case 'sync-names':
        this.#names = renamed(this.#names, this.#unsyncedNames);
        this.#unsyncedNames = [];
        return;
      case 'say':
        return;
      default:
        assertNever(operation);
    }
  }

  /** What is there after the power was gone. `random` decides what of all that was not safe. */
  afterPowerLoss(random: Random): DiskImage {
    const names = renamed(this.#names, this.#unsyncedNames.slice(0, random.integer(0, this.#unsyncedNames.length)));
    const luck = random.pick<Luck>(['all', 'none', 'beginning', 'some', 'some', 'torn']);
    const image = new Map<string, Uint8Array>();
    for (const [path, file] of names) {
      const content = this.#contentOf(file).copy();
      for (const piece of survivors(this.#unsynced.get(file) ?? [], luck, random)) content.apply(piece);
      image.set(path, content.bytes);
    }
    return image;
  }

  #contentOf(file: FileNumber): FileContent {
    return assertPresent(this.#contents.get(file), 'a file has a content');
  }
}

/** What becomes of changes that were not synced. */
type Luck = 'all' | 'none' | 'beginning' | 'some' | 'torn';

function survivors(changes: readonly Change[], luck: Luck, random: Random): readonly Change[] {
  switch (luck) {
    case 'all':
      return changes;
    case 'none':
      return [];
    case 'beginning':
      return changes.slice(0, random.integer(0, changes.length));
    case 'some': {
      const chance = random.fraction();
      return changes.flatMap(sectorsOf).filter(() => random.chance(chance));
    }
    case 'torn':
      return changes.flatMap(sectorsOf).flatMap((piece) => torn(piece, random));
    default:
      return assertNever(luck);
  }
}

/** The change in pieces that a disk writes each for itself. */
function sectorsOf(change: Change): Change[] {
  if (change.type === 'truncate') return [change];
  const pieces: Change[] = [];
  for (let start = 0; start < change.bytes.length; ) {
    const offset = change.offset + start;
    const end = Math.min(change.bytes.length, start + SECTOR_BYTES - (offset % SECTOR_BYTES));
    pieces.push({ ...change, offset, bytes: change.bytes.subarray(start, end) });
    start = end;
  }
  return pieces;
}

function torn(piece: Change, random: Random): Change[] {
  const fate = random.fraction();
  if (piece.type === 'truncate' || fate < 0.6) return [piece];
  if (fate < 0.8) return [];
  const { bytes } = piece;
  if (fate < 0.9) return [{ ...piece, bytes: bytes.subarray(0, random.integer(0, bytes.length)) }];
  return [{ ...piece, bytes: Uint8Array.from(bytes, () => random.integer(0, 255)) }];
}

function renamed(names: ReadonlyMap<string, FileNumber>, changes: readonly NameChange[]): Map<string, FileNumber> {
  const after = new Map(names);
  for (const change of changes) {
    switch (change.type) {
      case 'create':
        after.set(change.path, change.file);
        break;
      case 'remove':
        after.delete(change.path);
        break;
      case 'rename':
        after.set(change.to, assertPresent(after.get(change.from), 'what is renamed is there'));
        after.delete(change.from);
        break;
      default:
        assertNever(change);
    }
  }
  return after;
}

/** Bytes that grow and shrink. */
class FileContent {
  #buffer: Uint8Array;
  #sizeBytes: number;

  private constructor(buffer: Uint8Array, sizeBytes: number) {
    this.#buffer = buffer;
    this.#sizeBytes = sizeBytes;
  }

  static of(bytes: Uint8Array): FileContent {
    // Not `slice`, which a Buffer answers with a view.
    return new FileContent(new Uint8Array(bytes), bytes.length);
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#sizeBytes);
  }

  copy(): FileContent {
    return FileContent.of(this.bytes);
  }

  apply(change: Change): void {
    if (change.type === 'truncate') return this.#resize(change.sizeBytes);
    const end = change.offset + change.bytes.length;
    if (end > this.#sizeBytes) this.#resize(end);
    this.#buffer.set(change.bytes, change.offset);
  }

  #resize(sizeBytes: number): void {
    if (sizeBytes > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(sizeBytes, 2 * this.#buffer.length));
      larger.set(this.bytes);
      this.#buffer = larger;
    } else if (sizeBytes < this.#sizeBytes) this.#buffer.fill(0, sizeBytes, this.#sizeBytes);
    this.#sizeBytes = sizeBytes;
  }
}

const SECTOR_BYTES = 512;
