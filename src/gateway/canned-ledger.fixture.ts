/** A small ledger that answers questions as a node does. Its blocks have no proof of work; a test makes the chain. */
import { RPC_ERROR_CODES, type RpcMethod } from '../api/rpc.ts';
import type { BlockSummary, LedgerEvent, NodeStatus } from '../api/shapes.ts';
import { assertPresent } from '../core/assert.ts';
import { type Hash, hashBytes } from '../core/hash.ts';
import { isWellFormedJson, type JsonText, jsonObject, jsonValue, readElements } from '../core/json-text.ts';
import { DEFAULT_PARAMS, encodeParams } from '../core/params.ts';
import type { ByteStream } from '../probe/byte-stream.ts';
import type { ProbeSession, RpcAnswer } from '../probe/probe-server.ts';

interface CannedBlock {
  readonly height: number;
  readonly hash: Hash;
  readonly previous: string;
  readonly data: JsonText;
}

export class CannedLedger {
  readonly #blocks = new Map<string, CannedBlock>();
  /** The active chain, from the genesis. */
  #chain: CannedBlock[];
  readonly #subscribers = new Set<ProbeSession>();
  #subscribersChanged = Promise.withResolvers<void>();
  readonly #calls: { readonly method: RpcMethod; readonly params: string }[] = [];
  /** What `validate` answers. */
  isValid = true;
  /** What it gives for every entry. */
  receipt: string | undefined;
  /** What it says of every entry; that it has none, where this is undefined. */
  entry: string | undefined;
  /** What `validate` tells before it answers. */
  validationProgress: readonly { readonly blocks: number; readonly of: number }[] = [];
  /** When set, `mine` and `validate` never answer; resolved when whoever asked has gone. */
  abandoned: PromiseWithResolvers<void> | undefined;
  /** When set, the answer to the next `append` or `mine`. */
  refusal: { readonly code: string; readonly message: string } | undefined;
  /** What `status` tells otherwise than at rest. */
  status: Partial<NodeStatus> = {};
  /** When true, `status` never answers. */
  isSilent = false;
  /** What the next calls of `follow` are answered with. */
  readonly pages: RpcAnswer[] = [];
  #followHeld: (() => void) | undefined;
  /** The connections on which `follow` was called: the signals of their ends. */
  readonly #followers = new Set<AbortSignal>();
  #followersChanged = Promise.withResolvers<void>();
  /** When set, `chain` streams these instead of blocks. */
  chainBytes: ByteStream | undefined;

  constructor() {
    this.#chain = [this.#createBlock(undefined, '{}' as JsonText)];
  }

  get tip(): CannedBlock {
    return assertPresent(this.#chain.at(-1), 'there is always a genesis');
  }

  get #tipPlace(): { readonly height: number; readonly hash: string } {
    const { height, hash } = this.tip;
    return { height, hash };
  }

  get chain(): readonly CannedBlock[] {
    return this.#chain;
  }

  /** Has the next call of `follow` never be answered. Resolves when it has come. */
  holdFollow(): Promise<void> {
    return new Promise((resolve) => {
      this.#followHeld = resolve;
    });
  }

  /** What was asked, in order: the method and the text of its parameters. */
  get calls(): readonly { readonly method: RpcMethod; readonly params: string }[] {
    return this.#calls;
  }

  /** Puts a block on the tip and tells the subscribers. `data` is JSON text. */
  add(data: string): CannedBlock {
    const block = this.#createBlock(this.tip, text(data));
    this.#chain.push(block);
    this.tell({ type: 'block-added', ...summary(block) });
    return block;
  }

  /** Takes the `count` uppermost blocks away and tells the subscribers, highest first. They remain known. */
  remove(count: number): void {
    for (const block of this.#chain.splice(-count).reverse()) {
      this.tell({ type: 'block-removed', height: block.height, hash: block.hash });
    }
  }

  /** False when there is no subscriber, or one is too slow, and has lost its connection for it. */
  tell(event: LedgerEvent): boolean {
    const subscribers = [...this.#subscribers];
    return subscribers.length > 0 && subscribers.every((session) => session.notify('event', jsonValue({ event })));
  }

  /** Resolves when exactly `count` subscriptions are open. */
  async whenSubscribers(count: number): Promise<void> {
    while (this.#subscribers.size !== count) {
      this.#subscribersChanged = Promise.withResolvers();
      await this.#subscribersChanged.promise;
    }
  }

  /** Resolves when nobody who has called `follow` is connected any more: nobody takes of `pages` then who has come before. */
  async whenFollowersGone(): Promise<void> {
    while (this.#followers.size > 0) await this.#followersChanged.promise;
  }

  chainStream(): ByteStream {
    if (this.chainBytes !== undefined) return this.chainBytes;
    const blocks = this.#chain.map(blockText).join(',');
    const bytes = Buffer.from(`{"chain":[${blocks}],"length":${this.#chain.length}}`);
    return { sizeBytes: bytes.length, chunks: once(bytes) };
  }

  async call(method: RpcMethod, params: ReadonlyMap<string, JsonText>, session: ProbeSession): Promise<RpcAnswer> {
    this.#calls.push({ method, params: jsonObject(Object.fromEntries(params)) });
    switch (method) {
      case 'status':
        if (this.isSilent) await new Promise((resolve) => session.closed.addEventListener('abort', resolve));
        return result(jsonValue({ ...this.#status(), ...this.status }));
      case 'chain':
        return { type: 'stream', stream: this.chainStream() };
      case 'block':
        return this.#viewBlock(params);
      case 'blocks':
        return result(this.#listBlocks(params));
      case 'forks':
        return result(jsonValue({ branches: [], branches_total: 0, reorganisations: [] }));
      case 'params':
        return result(text(encodeParams(DEFAULT_PARAMS)));
      case 'records':
        return this.#refused() ?? this.#records(params);
      case 'follow':
        return this.#follow(params, session);
      case 'search':
        return result(jsonValue({ matches: [], pending: [], searched_down_to: 0, omitted: 0 }));
      case 'chain-proof':
        return result(jsonValue({ tip: this.tip.hash, proof: '01ff' }));
      case 'header-proof':
      case 'entry-proof':
      case 'entry-proofs':
        return unknown('tip-not-active');
      case 'receipt':
        return this.receipt === undefined ? unknown('tip-not-active') : result(text(this.receipt));
      case 'entry':
        return this.entry === undefined ? unknown('entry-not-found') : result(text(this.entry));
      case 'append':
        return this.#refused() ?? this.#append(params);
      case 'pending':
        return result(jsonValue({ count: 0, size_bytes: 0, tip: this.#tipPlace, entries: [], more: false }));
      case 'mine':
        return this.#refused() ?? this.#mine(params, session);
      case 'validate': {
        for (const progress of this.validationProgress) session.progress(jsonValue(progress));
        await this.#abandoned(session);
        const fault = this.isValid ? null : { height: 1, code: 'data-root-wrong', message: 'the data was changed' };
        return result(jsonValue({ valid: this.isValid, blocks: this.#chain.length, fault }));
      }
      case 'offer':
      case 'backup':
        return unknown('method-unknown');
      case 'peers':
        return result(jsonValue({ peers: [] }));
      case 'connect':
        return result(jsonObject({ address: assertPresent(params.get('address'), 'the gateway sends one') }));
      case 'subscribe':
        this.#subscribers.add(session);
        this.#subscribersChanged.resolve();
        session.closed.addEventListener('abort', () => {
          this.#subscribers.delete(session);
          this.#subscribersChanged.resolve();
        });
        return result(jsonValue({}));
      case 'shutdown':
        return result(jsonValue({}));
    }
  }

  /** No record, and no end. */
  #records(params: ReadonlyMap<string, JsonText>): RpcAnswer {
    const next = params.has('cursor') ? null : 'more';
    const page = {
      records: [],
      next,
      order_by: 'place',
      looked_at: 7,
      indexed_to: this.tip.height,
      indexed_hash: this.tip.hash,
      reorganised: false,
    };
    return result(jsonValue(page));
  }

  /** Pages as they were put into `pages`, and when there are no more, nothing new for ever. */
  async #follow(params: ReadonlyMap<string, JsonText>, session: ProbeSession): Promise<RpcAnswer> {
    this.#noteFollower(session.closed);
    const held = this.#followHeld;
    this.#followHeld = undefined;
    held?.();
    const page = held === undefined ? this.pages.shift() : undefined;
    if (page !== undefined) return page;
    if (held !== undefined || params.get('wait_s') !== '0') {
      await new Promise((resolve) => session.closed.addEventListener('abort', resolve));
    }
    const tip = this.#tipPlace;
    return result(jsonValue({ events: [], cursor: `${tip.height}-${tip.hash}-0`, tip, caught_up: true }));
  }

  #noteFollower(closed: AbortSignal): void {
    if (this.#followers.has(closed)) return;
    this.#followers.add(closed);
    closed.addEventListener('abort', () => {
      this.#followers.delete(closed);
      this.#followersChanged.resolve();
      this.#followersChanged = Promise.withResolvers();
    });
  }

  #createBlock(parent: CannedBlock | undefined, data: JsonText): CannedBlock {
    const height = parent === undefined ? 0 : parent.height + 1;
    const hash = hashBytes(Buffer.from(`${parent?.hash} ${data}`));
    const block = { height, hash, previous: parent?.hash ?? '0000', data };
    this.#blocks.set(hash, block);
    return block;
  }

  #viewBlock(params: ReadonlyMap<string, JsonText>): RpcAnswer {
    const hash: unknown = JSON.parse(params.get('hash') ?? 'null');
    const height = Number(params.get('height') ?? -1);
    const block = typeof hash === 'string' ? this.#blocks.get(hash) : this.#chain[height];
    if (block === undefined) return unknown('block-not-found');
    const active = this.#chain[block.height] === block;
    return result(
      jsonObject({
        block: blockText(block),
        active: jsonValue(active),
        depth: jsonValue(active ? this.tip.height - block.height : 0),
        work: jsonValue(String(65_536 * block.height)),
        entry_ids: jsonValue(entryIds(block)),
      }),
    );
  }

  #listBlocks(params: ReadonlyMap<string, JsonText>): JsonText {
    const from = Math.min(this.tip.height, Number(params.get('from') ?? this.tip.height));
    const limit = Number(params.get('limit') ?? 100);
    const step = Number(params.get('step') ?? 1);
    const below = this.#chain.slice(0, from + 1).reverse();
    const blocks = below.filter((_, i) => i % step === 0).slice(0, limit);
    return jsonValue({ blocks: blocks.map(summary) });
  }

  #append(params: ReadonlyMap<string, JsonText>): RpcAnswer {
    const entries = readElements(params.get('entries') ?? '');
    if (!entries.ok) return unknown('entries-missing');
    const submitted = entries.value.map((entry) => ({ id: hashBytes(Buffer.from(entry)), status: 'pending' }));
    return result(jsonValue({ entries: submitted }));
  }

  async #mine(params: ReadonlyMap<string, JsonText>, session: ProbeSession): Promise<RpcAnswer> {
    await this.#abandoned(session);
    return result(jsonObject({ block: blockText(this.add(params.get('data') ?? 'null')) }));
  }

  /** Where `abandoned` is set: waits until whoever asked has gone. */
  async #abandoned(session: ProbeSession): Promise<void> {
    const { abandoned } = this;
    if (abandoned === undefined) return;
    session.closed.addEventListener('abort', () => abandoned.resolve());
    await abandoned.promise;
  }

  #refused(): RpcAnswer | undefined {
    if (this.refusal === undefined) return undefined;
    const { code, message } = this.refusal;
    return { type: 'error', error: { code: RPC_ERROR_CODES.application, message, data: { code } } };
  }

  #status(): NodeStatus {
    const { height, hash } = this.tip;
    return {
      port: 1,
      pid: 1,
      version: '0.1.0',
      peer_id: '12D3',
      addresses: [],
      network: {
        name: 'test',
        genesis: assertPresent(this.#chain[0], 'there is always a genesis').hash,
        signatures: 'optional',
        writers: 0,
        stamp_bits: 0,
      },
      tip: { height, hash, time: TIME, work: '1' },
      length: height + 1,
      next_bits: '1f00ffff',
      limit_bits: '1f00ffff',
      sync: {
        phase: 'idle',
        behind: 0,
        target_height: height,
        headers_checked: height,
        per_second: null,
        seconds_left: null,
      },
      event_loop: { p50_s: 0.0001, p99_s: 0.002, max_s: 0.01, window_s: 30 },
      peers: 0,
      pending: { count: 0, size_bytes: 0 },
      records: null,
      mining: {
        mode: 'demand',
        searching: false,
        kernel: null,
        threads: null,
        duty_cycle: null,
        trials: [],
        hashes_per_second: 0,
        hashes: 0,
        expected_s: null,
        queued: 0,
        blocks_found: 0,
        found: [],
      },
      rewrite_cost: [],
      disk: null,
      disk_full_s: null,
      alarm: null,
      uptime_s: 1,
    };
  }
}

function summary({ height, hash, previous }: CannedBlock): BlockSummary {
  return {
    height,
    hash,
    prev_hash: previous,
    time: TIME,
    bits: '1f00ffff',
    entries: 1,
    size_bytes: 2,
    work: '65536',
  };
}

function blockText({ height, hash, previous, data }: CannedBlock): JsonText {
  return jsonObject({
    bits: jsonValue('1f00ffff'),
    data,
    data_root: jsonValue('a'.repeat(64)),
    hash: jsonValue(hash),
    history_root: jsonValue('b'.repeat(64)),
    index: jsonValue(height),
    nonce: jsonValue(7),
    prev_hash: jsonValue(previous),
    timestamp: jsonValue('22/11/2026, 12:00:00'),
  });
}

function entryIds({ height, data }: CannedBlock): Hash[] {
  const elements = readElements(data);
  const entries = elements.ok ? elements.value : height === 0 ? [] : [data];
  return entries.map((entry) => hashBytes(Buffer.from(entry)));
}

function result(json: JsonText): RpcAnswer {
  return { type: 'result', json };
}

function unknown(code: string): RpcAnswer {
  return { type: 'error', error: { code: RPC_ERROR_CODES.application, message: 'not here', data: { code } } };
}

function text(json: string): JsonText {
  if (!isWellFormedJson(json)) throw new Error(`a test has malformed JSON: ${json}`);
  return json;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

const TIME = '2026-11-22T12:00:00Z';
