/**
 * A slow judge of whole chains (docs/spec/validation.md). It keeps every header that it has found valid, and recomputes all
 * that another one claims from those: nothing is carried along as a frontier or a running state.
 */
import { fromHex, sha256 } from './bytes.ts';
import { type Data, type DataLimits, readData } from './data.ts';
import { type DifficultyRules, expand, nextBits, work } from './difficulty.ts';
import { type EntryDemands, entryFault } from './entries.ts';
import { type RawHeader, readHeader } from './header.ts';
import { dataLimits, difficultyRules, entryDemands, genesisHex, type ParamsDocument } from './params.ts';
import { countedHistoryRoot, dataRootOfIds, historyLeaf, leftCount, nodeHash } from './trees.ts';

/** A header that follows every rule, and so do all before it. */
export interface JudgedHeader extends RawHeader {
  readonly hash: string;
  /** That of the whole chain, up to and including it. */
  readonly work: bigint;
  readonly parent: JudgedHeader | undefined;
  readonly leaf: string;
}

export class ChainJudge {
  readonly genesis: JudgedHeader;
  readonly #rules: DifficultyRules;
  readonly #limits: DataLimits;
  readonly #demands: EntryDemands;
  readonly #valid = new Map<string, JudgedHeader>();
  /** Roots of complete subtrees of histories, by the last header and the count: a header fixes all before it. */
  readonly #subtrees = new Map<string, string>();

  constructor(params: ParamsDocument) {
    this.#rules = difficultyRules(params);
    this.#limits = dataLimits(params);
    const hex = genesisHex(params, BigInt(params.genesis_time));
    const raw = readHeader(hex);
    const target = expand(this.#rules.initialBits);
    if (raw === undefined || target === undefined) throw new Error('the parameters make no genesis');
    const total = work(target);
    const leaf = historyLeaf(hex, total);
    this.genesis = this.#keep({ ...raw, hash: sha256(fromHex(hex)), work: total, parent: undefined, leaf });
    this.#demands = entryDemands(params, this.genesis.hash);
  }

  /** A header that was judged and found valid. */
  find(hash: string): JudgedHeader | undefined {
    return this.#valid.get(hash);
  }

  /** Judges a header, 236 hex digits, whose parent was judged before; what breaks a rule is the word for the rule. */
  header(hex: string): JudgedHeader | string {
    const raw = readHeader(hex);
    if (raw === undefined) return 'header-malformed';
    const hash = sha256(fromHex(hex));
    const known = this.#valid.get(hash);
    if (known !== undefined) return known;
    const parent = this.#valid.get(raw.previousHash);
    if (parent === undefined) return 'parent-unknown';
    if (raw.height !== parent.height + 1n) return 'height-wrong';
    if (raw.time < parent.time) return 'timestamp-before-parent';
    const before = parent.parent === undefined ? [parent] : [parent.parent, parent];
    if (raw.bits !== nextBits(before, this.#rules)) return 'bits-wrong';
    const target = expand(raw.bits);
    if (target === undefined || BigInt(`0x${hash}`) > target) return 'work-too-low';
    const count = Number(raw.height);
    if (raw.historyRoot !== countedHistoryRoot(count, this.#rootOver(parent, count))) return 'history-root-wrong';
    const total = parent.work + work(target);
    return this.#keep({ ...raw, hash, work: total, parent, leaf: historyLeaf(hex, total) });
  }

  /** The data of a block, if the bytes belong to its header; else the word for the rule that they break. */
  body(header: JudgedHeader, bytes: Uint8Array): Data | string {
    if (header.parent === undefined) {
      return Buffer.from(bytes).toString('latin1') === '{}' ? { shape: 1, texts: [], ids: [] } : 'data-root-wrong';
    }
    const data = readData(bytes, this.#limits);
    if (typeof data === 'string') return data;
    if (dataRootOfIds(data.shape, data.ids) !== header.dataRoot) return 'data-root-wrong';
    for (const text of data.texts) {
      const fault = entryFault(text, this.#demands);
      if (fault !== undefined) return fault;
    }
    return data;
  }

  #keep(header: JudgedHeader): JudgedHeader {
    this.#valid.set(header.hash, header);
    return header;
  }

  /** The root over the leaves of `count` headers, `last` and those before it. */
  #rootOver(last: JudgedHeader, count: number): string {
    if (count === 1) return last.leaf;
    const key = `${last.hash} ${count}`;
    const known = this.#subtrees.get(key);
    if (known !== undefined) return known;
    const left = leftCount(count);
    let end = last;
    for (let i = left; i < count; i++) end = end.parent ?? end;
    const root = nodeHash(this.#rootOver(end, left), this.#rootOver(last, count - left));
    if (2 * left === count) this.#subtrees.set(key, root);
    return root;
  }
}
