/** Whether all that can be read from a node's disk is what the model says must be on it. */
import { bytesToHex } from '#host';
import type { Hash } from '../../core/hash.ts';
import type { PeerId } from '../../protocol/effects.ts';
import type { ChainStore } from '../../storage/chain-store.ts';
import { StoreError } from '../../storage/store-error.ts';
import { type HeaderFields, headerHex } from '../second-implementation/header.ts';
import { ChainJudge } from '../second-implementation/judge.ts';
import type { ParamsDocument } from '../second-implementation/params.ts';
import type { Tally } from './invariant.ts';
import { isSame, type KnownBlock } from './known-blocks.ts';
import type { NodeModel } from './node-model.ts';

/** What can be read without a promise that time goes by. */
type Readable = Pick<ChainStore, 'activeHashes' | 'pending' | 'bodies' | 'headersAfter' | 'entryPlaces' | 'chainJson'>;

export class StoreReading {
  readonly #tally: Tally;
  /** Of its own, for what is read; it goes by the bytes that it is given each time. */
  readonly #judge: ChainJudge;

  constructor(tally: Tally, params: ParamsDocument) {
    this.#tally = tally;
    this.#judge = new ChainJudge(params);
  }

  /** Reads everything. Blocks that the disk itself knows to be damaged are not what it serves, and passed over. */
  async check(id: PeerId, store: Readable, model: NodeModel): Promise<void> {
    await this.#checkActive(id, store, model);
    await this.#checkPending(id, store, model);
    await this.#checkBodies(id, store, model);
    await this.#checkIndex(id, store, model);
    await this.#checkJson(id, store, model);
  }

  async #checkActive(id: PeerId, store: Readable, { active }: NodeModel): Promise<void> {
    const hashes = await store.activeHashes(0, active.length + 1);
    const expected = active.map(({ hash }) => hash);
    const isSameChain = hashes.join() === expected.join();
    this.#tally.check(
      'S-d',
      id,
      isSameChain,
      () => `its disk has a chain to ${hashes.at(-1)}, not to ${expected.at(-1)}`,
    );
    const hex = bytesToHex(await store.headersAfter([], active.length));
    for (let i = 0; i < active.length - 1; i++) {
      const judged = this.#judge.header(hex.slice(i * HEADER_DIGITS, (i + 1) * HEADER_DIGITS));
      const hash = typeof judged === 'string' ? judged : judged.hash;
      this.#tally.check(
        'S-a',
        id,
        hash === active[i + 1]?.hash,
        () => `the header at height ${i + 1} is read as ${hash}`,
      );
    }
  }

  async #checkPending(id: PeerId, store: Readable, model: NodeModel): Promise<void> {
    const { entries, isAll } = await store.pending(EVERYTHING);
    const read = entries.map((entry) => entry.id);
    const isSameList = isAll && read.join() === [...model.pending.keys()].join();
    this.#tally.check(
      'S-f',
      id,
      isSameList,
      () => `${read.length} entries wait on its disk, not ${model.pending.size}`,
    );
    for (const entry of entries) {
      const isSameText = Buffer.from(entry.bytes).toString('utf8') === model.pending.get(entry.id);
      this.#tally.check('S-j', id, isSameText, () => `the entry ${entry.id} waits on its disk in other bytes`);
    }
    for (const entry of model.acknowledged) {
      this.#tally.check('S-d', id, model.isSafe(entry), () => `the entry ${entry} was acknowledged and is gone`);
    }
  }

  async #checkBodies(id: PeerId, store: Readable, { active }: NodeModel): Promise<void> {
    for (const block of active) {
      const bytes = await readUnlessDamaged(async () => (await store.bodies([block.hash], 1))[0]?.bytes);
      if (bytes === DAMAGED) continue;
      const isTrue = bytes !== undefined && isSame(bytes, block.bytes);
      this.#tally.check('S-j', id, isTrue, () => `the body of ${block.hash} is read as other bytes`);
    }
  }

  async #checkIndex(id: PeerId, store: Readable, { active, pending }: NodeModel): Promise<void> {
    const places = new Map<Hash, string[]>([...pending.keys()].slice(0, ABSENT_LOOKED_UP).map((entry) => [entry, []]));
    for (const { hash, header, ids } of active) {
      for (const [index, entry] of ids.entries()) {
        const place = `${header.height} ${hash} ${index}`;
        const others = places.get(entry);
        if (others === undefined) places.set(entry, [place]);
        else others.push(place);
      }
    }
    // Of very many, some: a block of thousands is read through for each of its entries.
    const step = Math.ceil(places.size / ENTRIES_LOOKED_UP);
    let number = 0;
    for (const [entry, derived] of places) {
      if (number++ % step !== 0) continue;
      const found = await store.entryPlaces(entry, derived.length + 1);
      const read = found.places.map(({ height, hash, index }) => `${height} ${hash} ${index}`);
      // An index may be behind the tip, and says how far it goes.
      const covered = derived.filter((place) => Number.parseInt(place, 10) <= found.indexedTo);
      const isTrue = read.join() === covered.join();
      this.#tally.check(
        'S-f',
        id,
        isTrue,
        () => `the entry ${entry} is found at ${read.join('; ')}, not ${covered.join('; ')}`,
      );
    }
  }

  async #checkJson(id: PeerId, store: Readable, { active, tip }: NodeModel): Promise<void> {
    const json = await store.chainJson();
    const isOfTip = json.tip === tip.hash && json.length === active.length;
    this.#tally.check('S-f', id, isOfTip, () => `the JSON of its chain ends in ${json.tip}, not ${tip.hash}`);
    const text = await readUnlessDamaged(async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of json.chunks()) chunks.push(chunk);
      return Buffer.concat(chunks);
    });
    if (text === DAMAGED) return;
    this.#tally.check(
      'S-f',
      id,
      text.length === json.sizeBytes,
      () => `its JSON has ${text.length} bytes, not ${json.sizeBytes}`,
    );
    const blocks: unknown = JSON.parse(text.toString('utf8'));
    const read = Array.isArray(blocks) ? blocks.map((block) => hexOf(block)) : [];
    let offset = 0;
    for (const [i, block] of active.entries()) {
      const judged = i === 0 ? this.#judge.genesis : this.#judge.header(read[i] ?? '');
      const hash = typeof judged === 'string' ? judged : judged.hash;
      this.#tally.check(
        'S-f',
        id,
        hash === block.hash,
        () => `the JSON of the block at height ${i} is that of ${hash}`,
      );
      offset = text.indexOf(dataMember(block), offset);
      this.#tally.check('S-j', id, offset >= 0, () => `the data of ${block.hash} stands in its JSON in other bytes`);
    }
  }
}

/** How the data of a block stands in its JSON form, byte for byte. */
function dataMember({ bytes }: KnownBlock): Buffer {
  return Buffer.concat([Buffer.from('"data":'), bytes, Buffer.from(',"data_root"')]);
}

function hexOf(block: unknown): string {
  // Whatever it is: what is no header is judged as none.
  return headerHex(block as HeaderFields);
}

async function readUnlessDamaged<Value>(read: () => Promise<Value>): Promise<Value | typeof DAMAGED> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof StoreError && error.code === 'block-damaged') return DAMAGED;
    throw error;
  }
}

const DAMAGED = Symbol('a block that the disk knows to be damaged');
const HEADER_DIGITS = 2 * 118;
const EVERYTHING = { entriesMax: Number.MAX_SAFE_INTEGER, bytesMax: Number.MAX_SAFE_INTEGER };
const ENTRIES_LOOKED_UP = 2_000;
/** Of the pending entries, so many are looked up in the index, where they must not be. */
const ABSENT_LOOKED_UP = 16;
