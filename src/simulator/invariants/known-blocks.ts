/** Every block that any node of a world has stored, judged once by the second implementation. */
import type { Block } from '../../core/block.ts';
import type { Hash } from '../../core/hash.ts';
import type { Header } from '../../core/header.ts';
import type { NetworkParams } from '../../core/params.ts';
import { paramsDocument } from '../params-document.ts';
import { fromHex, sha256 } from '../second-implementation/bytes.ts';
import { writeHeader } from '../second-implementation/header.ts';
import { ChainJudge, type JudgedHeader } from '../second-implementation/judge.ts';

/** A valid block whose ancestors are all valid. */
export interface KnownBlock {
  readonly hash: Hash;
  readonly header: JudgedHeader;
  /** The body as it was hashed. */
  readonly bytes: Uint8Array;
  readonly shape: 'single' | 'array';
  /** Of its entries, in order. */
  readonly ids: readonly Hash[];
  /** The entries' canonical texts, in order. */
  readonly texts: readonly string[];
}

export class KnownBlocks {
  readonly judge: ChainJudge;
  readonly genesis: KnownBlock;
  readonly #blocks = new Map<Hash, KnownBlock>();

  constructor(params: NetworkParams) {
    this.judge = new ChainJudge(paramsDocument(params));
    const header = this.judge.genesis;
    this.genesis = { ...EMPTY, hash: header.hash as Hash, header, bytes: Buffer.from('{}') };
    this.#blocks.set(this.genesis.hash, this.genesis);
  }

  get count(): number {
    return this.#blocks.size;
  }

  find(hash: Hash): KnownBlock | undefined {
    return this.#blocks.get(hash);
  }

  /** Judges a block, whatever those who have it say of it. Gives back the word for the rule that it breaks, if it does. */
  take(block: Block): KnownBlock | string {
    const hex = headerHex(block.header);
    if (sha256(fromHex(hex)) !== block.hash) return 'hash-wrong';
    const known = this.#blocks.get(block.hash);
    if (known !== undefined) return isSame(known.bytes, block.body.bytes) ? known : 'body-changed';
    const header = this.judge.header(hex);
    if (typeof header === 'string') return header;
    const data = this.judge.body(header, block.body.bytes);
    if (typeof data === 'string') return data;
    const { texts } = data;
    const ids = data.ids.map((id) => id as Hash);
    const shape = data.shape === 1 ? 'single' : 'array';
    const taken: KnownBlock = { hash: block.hash, header, bytes: block.body.bytes.slice(), shape, ids, texts };
    this.#blocks.set(block.hash, taken);
    return taken;
  }
}

export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/** The 118 bytes of `header` as hex, written by the second implementation. */
function headerHex(header: Header): string {
  return writeHeader({
    height: BigInt(header.height),
    previousHash: header.previousHash,
    historyRoot: header.historyRoot,
    dataRoot: header.dataRoot,
    time: BigInt(header.timestamp),
    bits: BigInt(header.bits),
    nonce: BigInt(header.nonce),
  });
}

const EMPTY = { shape: 'single', ids: [], texts: [] } as const;
