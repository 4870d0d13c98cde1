/**
 * Changes, blocks and places as packed bytes, for their way between a threaded store and its thread.
 *
 * What comes out was checked by the thread that put it in, so nothing is judged and no body is parsed again: its spans
 * come with it.
 */
import { assert, assertPresent } from '../core/assert.ts';
import type { Block } from '../core/block.ts';
import type { Body, Shape } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import { type Header, parseHeader } from '../core/header.ts';
import { appendLeaf, type Frontier, frontierFromPeaks, historyLeaf } from '../core/history.ts';
import type { ChainPoint } from '../core/validation.ts';
import type {
  ChainChange,
  ChainCheck,
  ChainJson,
  CommittedChange,
  EntryPlace,
  EntryPlaces,
  FirstPlaces,
  PendingBatch,
  PendingEntry,
  StoredBlock,
  StoredBody,
  StoredChain,
} from './chain-store.ts';
import type { ByteReader, ByteSink } from './store-codec-bytes.ts';

export function writeChange(sink: ByteSink, { blocks, pendingAdded, activate }: ChainChange): void {
  sink.number(blocks.length);
  for (const { block, work } of blocks) {
    writeBlock(sink, block);
    sink.work(work);
  }
  writeEntries(sink, pendingAdded);
  writeOptional(sink, activate, ({ forkHeight, added }) => {
    sink.number(forkHeight);
    writeHashes(sink, added);
  });
}

export function readChange(source: ByteReader): ChainChange {
  return {
    blocks: readList(source, () => ({ block: readBlock(source), work: source.work() })),
    pendingAdded: readEntries(source),
    activate: readOptional(source, () => ({ forkHeight: source.number(), added: readHashes(source) })),
  };
}

export function writeCommitted(sink: ByteSink, change: CommittedChange): void {
  writeHashes(sink, change.removed);
  writeEntries(sink, change.returned);
  sink.flag(change.isAllReturned);
  writeHashes(sink, change.included);
}

export function readCommitted(source: ByteReader): CommittedChange {
  return {
    removed: readHashes(source),
    returned: readEntries(source),
    isAllReturned: source.flag(),
    included: readHashes(source),
  };
}

export function writePending(sink: ByteSink, { entries, isAll }: PendingBatch): void {
  writeEntries(sink, entries);
  sink.flag(isAll);
}

export function readPending(source: ByteReader): PendingBatch {
  return { entries: readEntries(source), isAll: source.flag() };
}

export function writeStoredBlock(sink: ByteSink, { block, work, isActive }: StoredBlock): void {
  writeBlock(sink, block);
  sink.work(work);
  sink.flag(isActive);
}

export function readStoredBlock(source: ByteReader): StoredBlock {
  return { block: readBlock(source), work: source.work(), isActive: source.flag() };
}

/** Without the hashes, which whoever asked has in the same order. */
export function writeBodies(sink: ByteSink, bodies: readonly StoredBody[]): void {
  sink.number(bodies.length);
  for (const { bytes } of bodies) writeOptional(sink, bytes, (present) => sink.bytes(present));
}

/** `hashes` are those that were asked for. */
export function readBodies(source: ByteReader, hashes: readonly Hash[]): readonly StoredBody[] {
  return readList(source, (index) => ({
    hash: assertPresent(hashes[index], 'no more bodies come than were asked for'),
    bytes: readOptional(source, () => source.bytes()),
  }));
}

export function writeHashes(sink: ByteSink, hashes: readonly Hash[]): void {
  sink.number(hashes.length);
  for (const hash of hashes) sink.hash(hash);
}

export function readHashes(source: ByteReader): readonly Hash[] {
  return readList(source, () => source.hash());
}

export function writePoint(sink: ByteSink, point: ChainPoint): void {
  writePlace(sink, point);
  writeOptional(sink, point.parentTimestamp, (timestamp) => sink.number(timestamp));
  sink.number(point.history.count);
  writeHashes(sink, peaksOf(point.history));
}

export function readPoint(source: ByteReader): ChainPoint {
  const { hash, header, work } = readPlace(source);
  const parentTimestamp = readOptional(source, () => source.number());
  const history = frontierFromPeaks(source.number(), readHashes(source));
  return { hash, header, work, history, parentTimestamp };
}

/** Of the window, only the first place has its history with it: each further one follows from the one before. */
export function writeStoredChain(sink: ByteSink, state: StoredChain): void {
  const { window, milestones, pending, broken, isJudged } = state;
  writePoint(sink, assertPresent(window[0], 'a chain has its genesis'));
  sink.number(window.length - 1);
  for (const point of window.slice(1)) writePlace(sink, point);
  writeHashes(sink, milestones);
  writePending(sink, pending);
  sink.number(broken.length);
  for (const { id, code } of broken) {
    sink.hash(id);
    sink.text(code);
  }
  sink.flag(isJudged);
}

export function readStoredChain(source: ByteReader): StoredChain {
  const first = readPoint(source);
  let last = first;
  const followers = readList(source, () => {
    const { hash, header, headerBytes, work } = readPlace(source);
    const history = appendLeaf(last.history, historyLeaf(headerBytes, work)).frontier;
    last = { hash, header, work, history, parentTimestamp: last.header.timestamp };
    return last;
  });
  return {
    window: [first, ...followers],
    milestones: readHashes(source),
    pending: readPending(source),
    broken: readList(source, () => ({ id: source.hash(), code: source.text() })),
    isJudged: source.flag(),
  };
}

export function writeChainJson(sink: ByteSink, { tip, length, sizeBytes }: ChainJsonFacts): void {
  sink.hash(tip);
  sink.number(length);
  sink.number(sizeBytes);
}

export function readChainJson(source: ByteReader): ChainJsonFacts {
  return { tip: source.hash(), length: source.number(), sizeBytes: source.number() };
}

export function writeChainCheck(sink: ByteSink, { blocks, fault }: ChainCheck): void {
  sink.number(blocks);
  writeOptional(sink, fault, ({ height, code, message, block }) => {
    sink.number(height);
    sink.text(code);
    sink.text(message);
    writeOptional(sink, block, (damaged) => {
      writeOptional(sink, damaged.hash, (hash) => sink.hash(hash));
      writeOptional(sink, damaged.height, (number) => sink.number(number));
    });
  });
}

export function readChainCheck(source: ByteReader): ChainCheck {
  const blocks = source.number();
  const fault = readOptional(source, () => ({
    height: source.number(),
    code: source.text(),
    message: source.text(),
    block: readOptional(source, () => ({
      hash: readOptional(source, () => source.hash()),
      height: readOptional(source, () => source.number()),
    })),
  }));
  return { blocks, fault };
}

export function writeEntryPlaces(sink: ByteSink, { places, indexedTo, pending }: EntryPlaces): void {
  sink.number(places.length);
  for (const place of places) writeEntryPlace(sink, place);
  sink.number(indexedTo);
  writeOptional(sink, pending, (bytes) => sink.bytes(bytes));
}

export function readEntryPlaces(source: ByteReader): EntryPlaces {
  const places = readList(source, () => readEntryPlace(source));
  return { places, indexedTo: source.number(), pending: readOptional(source, () => source.bytes()) };
}

export function writeFirstPlaces(sink: ByteSink, { places, indexedTo }: FirstPlaces): void {
  sink.number(places.length);
  for (const place of places) writeOptional(sink, place, (present) => writeEntryPlace(sink, present));
  sink.number(indexedTo);
}

export function readFirstPlaces(source: ByteReader): FirstPlaces {
  const places = readList(source, () => readOptional(source, () => readEntryPlace(source)));
  return { places, indexedTo: source.number() };
}

/** All of a ChainJson but its pieces. */
type ChainJsonFacts = Pick<ChainJson, 'tip' | 'length' | 'sizeBytes'>;

function writeEntryPlace(sink: ByteSink, { height, hash, index }: EntryPlace): void {
  sink.number(height);
  sink.hash(hash);
  sink.number(index);
}

function readEntryPlace(source: ByteReader): EntryPlace {
  return { height: source.number(), hash: source.hash(), index: source.number() };
}

function writeBlock(sink: ByteSink, { hash, header, body }: Block): void {
  sink.hash(hash);
  sink.header(header);
  sink.number(SHAPES.indexOf(body.shape));
  sink.integers(body.spans);
  sink.bytes(body.bytes);
}

function readBlock(source: ByteReader): Block {
  const hash = source.hash();
  const header = parseOwnHeader(source.header());
  const shape = assertPresent(SHAPES[source.number()], 'a body has a shape');
  const body: Body = { shape, spans: source.integers(), bytes: source.bytes() };
  return { hash, header, body };
}

function writePlace(sink: ByteSink, { hash, header, work }: Pick<ChainPoint, 'hash' | 'header' | 'work'>): void {
  sink.hash(hash);
  sink.header(header);
  sink.work(work);
}

function readPlace(source: ByteReader): {
  readonly hash: Hash;
  readonly header: Header;
  readonly headerBytes: Uint8Array;
  readonly work: bigint;
} {
  const hash = source.hash();
  const headerBytes = source.header();
  return { hash, header: parseOwnHeader(headerBytes), headerBytes, work: source.work() };
}

function parseOwnHeader(bytes: Uint8Array): Header {
  const header = parseHeader(bytes);
  assert(header.ok, 'a header that was encoded can be parsed');
  return header.value;
}

function writeEntries(sink: ByteSink, entries: readonly PendingEntry[]): void {
  sink.number(entries.length);
  for (const { id, bytes } of entries) {
    sink.hash(id);
    sink.bytes(bytes);
  }
}

/** Copies: an entry may be pending for long, and would hold all of the packed bytes in memory. */
function readEntries(source: ByteReader): readonly PendingEntry[] {
  return readList(source, () => ({ id: source.hash(), bytes: source.bytes().slice() }));
}

function readList<Value>(source: ByteReader, read: (index: number) => Value): readonly Value[] {
  return Array.from({ length: source.length() }, (_, index) => read(index));
}

function writeOptional<Value>(sink: ByteSink, value: Value | undefined, write: (value: Value) => void): void {
  sink.flag(value !== undefined);
  if (value !== undefined) write(value);
}

function readOptional<Value>(source: ByteReader, read: () => Value): Value | undefined {
  return source.flag() ? read() : undefined;
}

/** From left (largest) to right. */
function peaksOf(history: Frontier): readonly Hash[] {
  const peaks: Hash[] = [];
  for (let subtree = history.last; subtree !== undefined; subtree = subtree.previous) peaks.push(subtree.root);
  return peaks.reverse();
}

const SHAPES: readonly Shape[] = ['genesis', 'single', 'array'];
