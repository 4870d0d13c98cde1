/** Whether what a node says to its peers is true: durable there, valid, and in the bytes that were hashed. */
import { readChainClaim } from '../../core/chain-proof.ts';
import type { Hash } from '../../core/hash.ts';
import { hashHeader } from '../../core/header.ts';
import { type HeaderProof, PROOF_HEADERS_MAX } from '../../core/header-proof.ts';
import type { PeerId } from '../../protocol/effects.ts';
import {
  ADDRESSES_PER_MESSAGE_MAX,
  BLOCK_IDS_MAX,
  BLOCKS_PER_REQUEST_MAX,
  HEADERS_PER_MESSAGE_MAX,
  IDS_PER_MESSAGE_MAX,
  LOCATOR_HASHES_MAX,
  PEER_MESSAGE_BYTES_MAX,
} from '../../protocol/limits.ts';
import type { Message } from '../../protocol/message.ts';
import { type Data, readData } from '../second-implementation/data.ts';
import type { Tally } from './invariant.ts';
import { isSame, type KnownBlocks } from './known-blocks.ts';
import type { NodeModel } from './node-model.ts';

/** Whoever says something, and what its disk holds. */
export interface Speaker {
  readonly id: PeerId;
  readonly model: NodeModel;
}

export class Sayings {
  readonly #tally: Tally;
  readonly #known: KnownBlocks;

  constructor(tally: Tally, known: KnownBlocks) {
    this.#tally = tally;
    this.#known = known;
  }

  check(speaker: Speaker, message: Message): void {
    const { id, model } = speaker;
    switch (message.type) {
      case 'hello':
        this.#tally.check('S-d', id, model.hasStored(message.tip.hash), () => `its hello tells of ${message.tip.hash}`);
        return this.#checkCount(id, message.type, message.addresses.length, ADDRESSES_PER_MESSAGE_MAX);
      case 'headers':
        return this.#checkHeaders(speaker, message.headers);
      case 'block': {
        const block = this.#known.find(message.hash);
        const isTrue = block !== undefined && isSame(block.bytes, message.bodyBytes);
        this.#tally.check('S-e', id, isTrue, () => `the body that it gives for ${message.hash} is another`);
        return this.#checkStored(speaker, message.hash);
      }
      case 'block-ids': {
        const block = this.#known.find(message.hash);
        const isTrue = block?.shape === message.shape && block.ids.join() === message.ids.join();
        this.#tally.check(
          'S-e',
          id,
          isTrue,
          () => `the ids that it gives for ${message.hash} are not those of the block`,
        );
        return this.#checkStored(speaker, message.hash);
      }
      case 'block-entries': {
        const ids = new Set(this.#known.find(message.hash)?.ids);
        const isTrue = this.#idsIn(id, message.arrayBytes, BLOCK_IDS_MAX).every((entry) => ids.has(entry));
        this.#tally.check('S-e', id, isTrue, () => `it gives entries for ${message.hash} that the block has not`);
        return this.#checkStored(speaker, message.hash);
      }
      case 'inventory':
        this.#checkCount(id, message.type, message.ids.length, IDS_PER_MESSAGE_MAX);
        return this.#checkSafe(speaker, message.ids);
      case 'entries':
        return this.#checkSafe(speaker, this.#idsIn(id, message.arrayBytes, IDS_PER_MESSAGE_MAX));
      case 'get-headers':
        return this.#checkCount(id, message.type, message.locator.length, LOCATOR_HASHES_MAX);
      case 'get-blocks':
      case 'not-found':
        return this.#checkCount(id, message.type, message.hashes.length, BLOCKS_PER_REQUEST_MAX);
      case 'get-block-entries':
        return this.#checkCount(id, message.type, message.indexes.length, BLOCK_IDS_MAX);
      case 'get-entries':
        return this.#checkCount(id, message.type, message.ids.length, IDS_PER_MESSAGE_MAX);
      case 'peers':
        return this.#checkCount(id, message.type, message.addresses.length, ADDRESSES_PER_MESSAGE_MAX);
      case 'get-header-proof':
        return this.#checkCount(id, message.type, message.heights.length, PROOF_HEADERS_MAX);
      case 'header-proof':
        return this.#checkShown(speaker, message.proof);
      case 'entry-proof': {
        const { id: entry, block } = message.proof;
        this.#checkShown(speaker, block);
        const [header] = block.headers;
        const holder = this.#known.find(header === undefined ? block.tip : hashHeader(header.bytes));
        const isTrue = holder?.ids.includes(entry) === true;
        return this.#tally.check('S-e', id, isTrue, () => `it shows the entry ${entry} in a block that has it not`);
      }
      case 'chain-proof': {
        const claim = readChainClaim(message.proof);
        this.#tally.check('S-e', id, claim.ok, () => 'it gives a chain proof that is none');
        return claim.ok ? this.#checkStored(speaker, claim.value.tip) : undefined;
      }
      case 'get-chain-proof':
      case 'get-entry-proof':
      case 'get-block-ids':
      case 'get-peers':
      case 'ping':
      case 'pong':
      case 'goodbye':
        return;
    }
  }

  /** That a message of so many bytes may be sent. */
  checkSize(speaker: PeerId, message: Message, sizeBytes: number): void {
    this.#checkCount(speaker, message.type, sizeBytes, PEER_MESSAGE_BYTES_MAX);
  }

  #checkHeaders(speaker: Speaker, headers: Uint8Array): void {
    const { id, model } = speaker;
    const hex = Buffer.from(headers).toString('hex');
    let previous: string | undefined;
    for (let offset = 0; offset < hex.length; offset += HEADER_DIGITS) {
      const judged = this.#known.judge.header(hex.slice(offset, offset + HEADER_DIGITS));
      const fault = typeof judged === 'string' ? judged : undefined;
      this.#tally.check('S-e', id, fault === undefined, () => `it gives a header that breaks a rule: ${fault ?? ''}`);
      if (typeof judged === 'string') return;
      const isNext = previous === undefined || judged.previousHash === previous;
      this.#tally.check('S-e', id, isNext, () => `the header ${judged.hash} does not follow the one before it`);
      this.#tally.check('S-d', id, model.hasStored(judged.hash as Hash), () => `it gives the header ${judged.hash}`);
      previous = judged.hash;
    }
    this.#checkCount(id, 'headers', hex.length / HEADER_DIGITS, HEADERS_PER_MESSAGE_MAX);
  }

  /** Of what a header proof shows, each header is of a block that is stored there, and so is the tip. */
  #checkShown(speaker: Speaker, { tip, headers }: HeaderProof): void {
    for (const hash of [tip, ...headers.map(({ bytes }) => hashHeader(bytes))]) this.#checkStored(speaker, hash);
  }

  #checkStored({ id, model }: Speaker, hash: Hash): void {
    this.#tally.check(
      'S-d',
      id,
      model.hasStored(hash),
      () => `it gives of the block ${hash}, which is not durable there`,
    );
  }

  #checkSafe({ id, model }: Speaker, ids: readonly Hash[]): void {
    for (const entry of ids) {
      this.#tally.check(
        'S-d',
        id,
        model.isSafe(entry),
        () => `it tells of the entry ${entry}, which is not durable there`,
      );
    }
  }

  #checkCount(id: PeerId, type: Message['type'], count: number, max: number): void {
    this.#tally.check('S-g', id, count <= max, () => `it says ${type} with ${count}, where ${max} is the most`);
  }

  /** The ids of the entries in an array, which has to be canonical. */
  #idsIn(id: PeerId, arrayBytes: Uint8Array, entries: number): readonly Hash[] {
    const data: Data | string = readData(arrayBytes, { ...NO_LIMITS, entries });
    const isArray = typeof data !== 'string' && data.shape === 2;
    this.#tally.check('S-j', id, isArray, () => `it gives entries that are not canonical: ${String(data)}`);
    return typeof data === 'string' ? [] : data.ids.map((entry) => entry as Hash);
  }
}

const HEADER_DIGITS = 2 * 118;
const NO_LIMITS = { bodyBytes: PEER_MESSAGE_BYTES_MAX, entryBytes: 65_536, depth: 32 };
