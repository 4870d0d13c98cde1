/**
 * The chain as it was shown, and not as it was told: its tip, with a proof of all the work that leads there from the genesis, and
 * blocks below it, each with a proof of its own (docs/spec/chain-proof.md, docs/spec/inclusion-proof.md).
 *
 * A tip that was shown stands until another with at least as much work is shown, so a node cannot take back what it has shown
 * but for a better chain. A few blocks further are judged one by one, by the rules for headers; more, or another branch, by a
 * proof of the whole chain. Nothing is held against this machine's clock.
 */
import { assertPresent } from '../core/assert.ts';
import { parseBlockJson } from '../core/block-json.ts';
import { entryIds } from '../core/body.ts';
import { verifyChainProof } from '../core/chain-proof.ts';
import { type ShownEntry, verifyEntryProof } from '../core/entry-proof.ts';
import type { Hash } from '../core/hash.ts';
import type { Header } from '../core/header.ts';
import { verifyHeaderProof } from '../core/header-proof.ts';
import type { NetworkParams } from '../core/params.ts';
import { parseEntryProof, parseHeaderProof } from '../core/proof-json.ts';
import { type ChainPoint, genesisPoint, type HashedHeader, matchBody, validateHeader } from '../core/validation.ts';
import { isObject } from './answer-members.ts';
import { type HttpClient, queryText } from './http-client.ts';
import { LedgerError, proofError, unreadable } from './ledger-error.ts';

/** A block that was shown to be on the chain. */
export interface ShownBlock {
  readonly header: Header;
  readonly hash: Hash;
}

export class TrustedChain {
  readonly #http: HttpClient;
  /** The path of the node's routes. */
  readonly #path: string;
  readonly #params: NetworkParams;
  #tip: ChainPoint;
  /** Headers that were shown to be on the chain of the tip, or of one that it goes on from; the latest last. */
  readonly #shown = new Map<Hash, Header>();
  /** The ids of the entries of some of these blocks; the latest last. */
  readonly #entryIds = new Map<Hash, readonly Hash[]>();
  /** Blocks that are on their way for their ids. */
  readonly #asked = new Map<
    Hash,
    { readonly signal: AbortSignal | undefined; readonly ids: Promise<readonly Hash[]> }
  >();
  /** What the tip is moved by: one thing at a time. Proofs below it may be asked for at once. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: { readonly http: HttpClient; readonly path: string; readonly params: NetworkParams }) {
    this.#http = options.http;
    this.#path = options.path;
    this.#params = options.params;
    this.#tip = genesisPoint(options.params);
  }

  /** The best tip that was shown so far; the genesis at first. */
  get tip(): ChainPoint {
    return this.#tip;
  }

  /** Has the node show its chain up to `height` or further. */
  reach(height: number, signal: AbortSignal | undefined): Promise<void> {
    return this.#inTurn(() => this.#advance(height, signal));
  }

  /** Has the node show its chain as it is now. */
  refresh(signal: AbortSignal | undefined): Promise<void> {
    return this.#inTurn(() => this.#proveAnew(signal));
  }

  /** The block with this hash, shown to be on the chain up to the tip. Throws where it is not, or is not any more. */
  async showBlock(hash: Hash, signal: AbortSignal | undefined): Promise<ShownBlock> {
    const known = hash === this.#tip.hash ? this.#tip.header : this.#shown.get(hash);
    if (known !== undefined) return { header: known, hash };
    return this.#belowTip(signal, (tip) => this.#proveBlock(hash, tip, signal));
  }

  /**
   * Where each of these entries was shown to stand, in their order: at its lowest place, which the node has looked up. Undefined for
   * one that the node has not found up to the tip, or had no time for. Of `ENTRY_PROOFS_MAX` at most.
   */
  showEntries(ids: readonly Hash[], signal: AbortSignal | undefined): Promise<readonly (ShownEntry | undefined)[]> {
    return this.#belowTip(signal, (tip) => this.#proveEntries(ids, tip, signal));
  }

  /** Whether the block with this hash was shown, with its entries, and they are not to be fetched any more. */
  knowsEntries(hash: Hash): boolean {
    return this.#entryIds.has(hash);
  }

  /** The ids of all entries of a block that was shown, in order. */
  entryIds(block: ShownBlock, signal: AbortSignal | undefined): Promise<readonly Hash[]> {
    const known = this.#entryIds.get(block.hash);
    if (known !== undefined) return Promise.resolve(known);
    // Together with others, if they end together.
    const asked = this.#asked.get(block.hash);
    if (asked !== undefined && asked.signal === signal) return asked.ids;
    const ids = this.#fetchIds(block, signal);
    this.#asked.set(block.hash, { signal, ids });
    return ids;
  }

  async #fetchIds(block: ShownBlock, signal: AbortSignal | undefined): Promise<readonly Hash[]> {
    try {
      const { bodyBytes } = await this.#fetchBlock(block.hash, signal);
      const ids = idsIn(block, bodyBytes, this.#params);
      keep(this.#entryIds, block.hash, ids, BODIES_MAX);
      return ids;
    } finally {
      this.#asked.delete(block.hash);
    }
  }

  async #advance(height: number, signal: AbortSignal | undefined): Promise<void> {
    if (height - this.#tip.header.height > STEPS_MAX) await this.#proveAnew(signal);
    while (this.#tip.header.height < height) {
      const claimed = await this.#fetchBlock(this.#tip.header.height + 1, signal);
      const point = validateHeader(claimed, this.#tip, this.#params);
      if (point.ok) {
        const ids = idsIn(point.value, claimed.bodyBytes, this.#params);
        keep(this.#entryIds, claimed.hash, ids, BODIES_MAX);
        this.#moveTo(point.value);
        continue;
      }
      // Another branch, which has to show that it has more work.
      if (point.fault.code !== 'parent-unknown') throw proofError('A block after those that were shown', point.fault);
      await this.#proveAnew(signal);
      break;
    }
    if (this.#tip.header.height < height) throw chainTooShort(height, this.#tip.header.height);
  }

  async #proveAnew(signal: AbortSignal | undefined): Promise<void> {
    const proof = await this.#http.bytes(`${this.#path}/chain-proof`, { signal });
    const proven = verifyChainProof(proof, this.#params);
    if (!proven.ok) throw proofError('The proof of the chain', proven.fault);
    const { tip, tail } = proven.value;
    if (tip.hash === this.#tip.hash) return;
    if (tip.work < this.#tip.work) {
      throw new LedgerError('chain-lost-work', 'The node shows a chain with less work than the one it showed before.', {
        facts: { work: tip.work.toString(), before: this.#tip.work.toString() },
      });
    }
    if (!tail.some(({ hash }) => hash === this.#tip.hash)) {
      // Whether what was shown before is on this chain was not shown.
      this.#shown.clear();
      this.#entryIds.clear();
    }
    for (const point of tail) this.#moveTo(point);
  }

  /** Proofs are below our tip, or in it. Where the node has left that chain, it has to show its new one, once. */
  async #belowTip<Value>(signal: AbortSignal | undefined, prove: (tip: ChainPoint) => Promise<Value>): Promise<Value> {
    const tip = this.#tip;
    try {
      return await prove(tip);
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== 'tip-not-active') throw error;
      if (this.#tip === tip) await this.refresh(signal);
      return await prove(this.#tip);
    }
  }

  async #proveBlock(hash: Hash, tip: ChainPoint, signal: AbortSignal | undefined): Promise<ShownBlock> {
    const path = `${this.#path}/blocks/${hash}/proof${queryText({ tip: tip.hash })}`;
    const proof = parseHeaderProof(parsed(await this.#http.text(path, { signal })));
    if (proof === undefined) throw unreadable('it is no header proof');
    const shown = verifyHeaderProof(proof, tip.header);
    if (!shown.ok) throw proofError('The proof of a block', shown.fault);
    const block = shown.value[0];
    if (block?.hash !== hash) throw unreadable('it proves another block');
    this.#rememberBelow(tip, block);
    return { header: block.header, hash };
  }

  async #proveEntries(
    ids: readonly Hash[],
    tip: ChainPoint,
    signal: AbortSignal | undefined,
  ): Promise<readonly (ShownEntry | undefined)[]> {
    const path = `${this.#path}/entry-proofs${queryText({ id: ids, tip: tip.hash })}`;
    const told = parsed(await this.#http.text(path, { signal }));
    const proofs: unknown = isObject(told) ? told['proofs'] : undefined;
    if (!Array.isArray(proofs) || proofs.length !== ids.length) throw unreadable('it has not one proof for each entry');
    // All of them are judged before any is believed.
    const shown = ids.map((id, i) => (proofs[i] === null ? undefined : shownBy(proofs[i], id, tip)));
    for (const entry of shown) if (entry !== undefined) this.#rememberBelow(tip, entry);
    return shown;
  }

  /** A block as the node tells it: its hash is that of its header, and nothing else of it is checked yet. */
  async #fetchBlock(
    block: number | Hash,
    signal: AbortSignal | undefined,
  ): Promise<HashedHeader & { readonly bodyBytes: Uint8Array }> {
    const claimed = parseBlockJson(
      await this.#http.text(`${this.#path}/blocks/${block}/canonical`, { signal }),
      this.#params,
    );
    if (!claimed.ok) throw proofError('A block', claimed.fault);
    return claimed.value;
  }

  #moveTo(point: ChainPoint): void {
    this.#tip = point;
    this.#remember(point.hash, point.header);
  }

  /** Below a tip that was left meanwhile it is nothing to remember. */
  #rememberBelow(tip: ChainPoint, { hash, header }: ShownBlock): void {
    if (this.#shown.has(tip.hash)) this.#remember(hash, header);
  }

  #remember(hash: Hash, header: Header): void {
    keep(this.#shown, hash, header, HEADERS_MAX);
  }

  #inTurn<Value>(act: () => Promise<Value>): Promise<Value> {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

/** Where `told`, which may be anything, shows the entry to stand below this tip. */
function shownBy(told: unknown, id: Hash, tip: ChainPoint): ShownEntry {
  const proof = parseEntryProof(told);
  if (proof === undefined) throw unreadable('it is no entry proof');
  if (proof.id !== id) throw unreadable('it proves another entry');
  const shown = verifyEntryProof(proof, tip.header);
  if (!shown.ok) throw proofError('The proof of an entry', shown.fault);
  return shown.value;
}

/** Only that the body is the one that the header commits to: what its entries must be, the network has judged by its work. */
function idsIn(shown: ShownBlock, bodyBytes: Uint8Array, params: NetworkParams): readonly Hash[] {
  const block = matchBody(shown, bodyBytes, params);
  if (!block.ok) throw proofError('The data of a block', block.fault);
  return entryIds(block.value.body);
}

/** Puts it last, and drops the first ones where there are too many. */
function keep<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, countMax: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > countMax) map.delete(assertPresent(map.keys().next().value, 'the map is not empty'));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable('it is not JSON', cause);
  }
}

function chainTooShort(height: number, shown: number): LedgerError {
  const message = `The node told of a block ${height}, and shows a chain that ends at ${shown}.`;
  return new LedgerError('chain-too-short', message, { facts: { height, shown } });
}

/** Blocks beyond the tip that are fetched whole. Beyond, a proof is less to send. */
const STEPS_MAX = 8;
/** Headers, some 500 bytes each as objects. */
const HEADERS_MAX = 4_096;
/** Blocks whose ids are kept: 4,096 of them take some 400 KB. */
const BODIES_MAX = 8;
