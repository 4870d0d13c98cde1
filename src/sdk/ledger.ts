/** The ledger as a program sees it: one node's, behind a gateway, and believed no further than it is shown. */
import type { NodeStatus } from '../api/shapes.ts';
import type { Signer } from '../core/ed25519.ts';
import { parseHash } from '../core/hash.ts';
import { encodeParams, type NetworkParams } from '../core/params.ts';
import { appendDrafts, type Submission } from './append.ts';
import { Author, type AuthorOptions } from './author.ts';
import { recoverAuthor } from './author-recovery.ts';
import { EntryChecker } from './entry-checker.ts';
import { draftEntry, type EntryDraft } from './entry-draft.ts';
import { awaitEntry, type EntryParts, type EntryState, type RecordedEntry, readEntry } from './entry-state.ts';
import type { HttpClient } from './http-client.ts';
import { LedgerError, unreadable } from './ledger-error.ts';
import { checkReceipt, type ProvenReceipt } from './receipt-file.ts';
import { RecordPages, type RecordsOptions } from './record-pages.ts';
import type { RecordQuery } from './record-query.ts';
import { type FollowOptions, followRecords, type RecordEvent } from './record-stream.ts';
import { TrustedChain } from './trusted-chain.ts';

/** For whatever takes a while: what ends it early. */
export interface SignalOption {
  readonly signal?: AbortSignal | undefined;
}

export interface AppendOptions extends SignalOption {
  /** Record it although an equal entry waits or stands in the chain already; false unless told. */
  readonly repeat?: boolean | undefined;
}

export interface WaitOptions extends SignalOption {
  /** How many blocks are to be on top of the entry's; none unless told. */
  readonly depth?: number | undefined;
}

/** A receipt, checked, as it is to be kept. */
export interface ReceiptFile extends ProvenReceipt {
  /** The file: JSON, one line. */
  readonly text: string;
}

/** Made by `connect`. All methods reject with a `LedgerError`, or with the reason of the signal that ended them. */
export class Ledger {
  /** The network's name: not more than a name. */
  readonly network: string;
  /** What names the network for sure: the hash of its genesis, 64 hex digits. */
  readonly genesis: string;
  /** Whether you said which genesis it has to be; otherwise the gateway said so. */
  readonly isPinned: boolean;
  /** The port by which the gateway knows the node. */
  readonly node: number;
  /** Whether what comes from the gateway is checked. */
  readonly isVerifying: boolean;
  readonly #params: NetworkParams;
  readonly #parts: EntryParts;

  /** Of `connect` alone. @internal */
  constructor(options: {
    readonly http: HttpClient;
    readonly node: number;
    readonly params: NetworkParams;
    readonly genesis: string;
    readonly isPinned: boolean;
    readonly verify: boolean;
  }) {
    const { http, node, params } = options;
    const path = `/api/v1/nodes/${node}`;
    const chain = new TrustedChain({ http, path, params });
    this.network = params.name;
    this.genesis = options.genesis;
    this.isPinned = options.isPinned;
    this.node = node;
    this.isVerifying = options.verify;
    this.#params = params;
    this.#parts = { http, path, chain, checker: options.verify ? new EntryChecker(chain, params) : undefined };
  }

  /** The parameters of the network in canonical JSON: what the genesis is made of. */
  get params(): string {
    return encodeParams(this.#params);
  }

  /** The highest block with the most work that was shown so far; the genesis, where nothing was asked that needed it. */
  get shownTip(): { readonly height: number; readonly hash: string; readonly work: bigint } {
    const { header, hash, work } = this.#parts.chain.tip;
    return { height: header.height, hash, work };
  }

  /** What the node says of itself. Nothing of it is checked. */
  async status({ signal }: SignalOption = {}): Promise<NodeStatus> {
    const text = await this.#parts.http.text(`${this.#parts.path}/status`, { signal });
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw unreadable('it is no status', cause);
    }
  }

  /** Hands in one entry: any JSON value. It is durable at the node when this resolves, and in a block some time later. */
  async append(value: unknown, options: AppendOptions = {}): Promise<Submission> {
    const [submission] = await this.appendAll([value], options);
    if (submission === undefined) throw unreadable('it names no entry');
    return submission;
  }

  /** Hands in entries, in order: the answer has one for each. Where it fails, the first ones may have been handed in. */
  async appendAll(values: Iterable<unknown>, options: AppendOptions = {}): Promise<readonly Submission[]> {
    const drafts: EntryDraft[] = [];
    for (const value of values) drafts.push(await draftEntry(value, this.#params, options.signal));
    return appendDrafts({ ...this.#parts, params: this.#params }, drafts, options);
  }

  /** Hands in one entry, and resolves when it is in a block, or as deep as you want it. */
  async appendAndWait(value: unknown, options: AppendOptions & WaitOptions = {}): Promise<RecordedEntry> {
    const { id } = await this.append(value, options);
    return this.wait(id, options);
  }

  /** The entry when it is in a block, or as deep as you want it. Rejects with the node's reason where it was refused. */
  async wait(id: string, { depth = 0, signal }: WaitOptions = {}): Promise<RecordedEntry> {
    return awaitEntry(this.#parts, asId(id), { depth, signal });
  }

  /** What has become of an entry. Rejects with `entry-not-found` where the node knows none of this id. */
  async entry(id: string, { signal }: SignalOption = {}): Promise<EntryState> {
    return readEntry(this.#parts, asId(id), signal);
  }

  /** Records that pass a filter. The node needs its table of records (`--records`); otherwise `records-off`. */
  records(query: RecordQuery = {}, options: RecordsOptions = {}): RecordPages {
    const { http, path, checker } = this.#parts;
    return new RecordPages({ http, path, checker, query, options });
  }

  /** Records that pass a filter, as they come: each once, in order, across lost connections and reorganisations. */
  follow(query: RecordQuery = {}, options: FollowOptions = {}): AsyncGenerator<RecordEvent, void, undefined> {
    const { http, path, checker } = this.#parts;
    return followRecords({ http, path, checker, query, options });
  }

  /** A receipt of an entry that is in a block: checked, also without verification, before you get it. */
  async receipt(id: string, { signal }: SignalOption = {}): Promise<ReceiptFile> {
    const text = await this.#parts.http.text(`${this.#parts.path}/entries/${asId(id)}/receipt`, { signal });
    const proven = checkReceipt(text, { genesis: this.genesis });
    if (proven.id === id) return { ...proven, text: `${text.trim()}\n` };
    throw new LedgerError('receipt-entry-other', 'The node gave a receipt of another entry.', {
      facts: { id: proven.id, proved: id },
    });
  }

  /** Somebody who signs what is recorded. Keep what `save` is told: a number that is used twice is evidence against the author. */
  async author(signer: Signer, { state, save, signal }: AuthorOptions = {}): Promise<Author> {
    return new Author({
      signer,
      params: this.#params,
      state: state ?? (await recoverAuthor(this.#parts, signer.author, signal)),
      save,
      send: async (drafts, sendSignal) => {
        await appendDrafts({ ...this.#parts, params: this.#params }, drafts, { signal: sendSignal });
      },
    });
  }
}

function asId(text: string): string {
  const id = parseHash(text);
  if (id !== undefined) return id;
  throw new LedgerError('entry-id-invalid', 'The id of an entry has 64 lower-case hex digits.', {
    facts: { id: text },
  });
}
