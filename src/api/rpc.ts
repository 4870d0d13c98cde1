/**
 * The methods of a node's JSON-RPC 2.0 interface, in the frames of its probe socket (docs/spec/wire.md#json-rpc).
 *
 * Parameters are always named. Errors that JSON-RPC has no number for carry -32000 and, in `data`, a stable `code`
 * with its facts.
 */

/** Every method, with its parameters and result. Shapes are in `shapes.ts`. */
export const RPC_METHODS = {
  /** `{}` to `NodeStatus`. */
  status: 'status',
  /**
   * `{}`, streamed: `{"chain":[block,…],"length":n}`. With `{from, limit?}`, some blocks from that height up: at least
   * one if there is one, about 1 MiB at most, and `length` is still that of the chain.
   */
  chain: 'chain',
  /** `{height}` or `{hash}` to `BlockView`. */
  block: 'block',
  /**
   * `{from?, limit?, step?}` to `{blocks: BlockSummary[]}`: downwards from height `from`, or from the tip; 100 at most, and
   * with `step` every so many blocks one.
   */
  blocks: 'blocks',
  /** `{}` to `Forks`: what stands beside the active chain, and how that has changed since the node started. */
  forks: 'forks',
  /** `{}` to the parameters of the network, in the canonical form that is hashed into the genesis. */
  params: 'params',
  /**
   * `{after?, filter?, wait_s?, limit?}` to `Follow`: what is to be told next to whoever has been told up to the cursor
   * `after`, which may also be `start`, or is left out to hear what is new. Without news it waits for some, so many seconds;
   * 60 at most, 0 unless told. 100 events unless told, 1,000 at most.
   */
  follow: 'follow',
  /**
   * `{filter?, order?, limit?, cursor?}` to `RecordsPage`: records of the active chain that the filter lets pass, of a node that
   * keeps a table of them. 100 unless told, 1,000 at most.
   */
  records: 'records',
  /** `{id}` to `EntryView`. */
  entry: 'entry',
  /**
   * `{text, before_height?, limit?}` to `Search`: entries whose canonical JSON has the text, in a stretch of the chain below
   * that height, or below and with the tip; without the height among the pending ones, too. 20 unless told, 100 at most.
   */
  search: 'search',
  /** `{}` to `ChainProofView`: that the active chain has the work of its tip. */
  'chain-proof': 'chain-proof',
  /**
   * `{heights, tip?}` or `{hash, tip?}` to a header proof: that these headers, 64 at most, or that of this block, are below
   * `tip`; the tip of the moment unless told.
   */
  'header-proof': 'header-proof',
  /** `{id, tip?}` to an entry proof: that the entry is on the chain up to `tip`; the tip of the moment unless told. */
  'entry-proof': 'entry-proof',
  /**
   * `{ids, tip?}` to `{proofs: [entry proof or null, …]}`: the same for each of these ids, `ENTRY_PROOFS_MAX` at most, in their order;
   * null for an entry that was not found on the chain up to `tip`, as far as it was looked through, or for which there was no time.
   */
  'entry-proofs': 'entry-proofs',
  /** `{id}` to a receipt of the entry (docs/spec/receipt.md). */
  receipt: 'receipt',
  /**
   * `{entries: [any JSON, …], once?}` to `Appended`, when the entries are durable in the pool; 4,096 and 1 MiB at most.
   * With `once`, what is in the chain already is not recorded again.
   */
  append: 'append',
  /** `{limit?, author?}` to `PendingView`, oldest first, or those that the author has signed; 100 unless told, 1,000 at most. */
  pending: 'pending',
  /** `{data}` to `{block}`, when the block is durable and on the active chain. */
  mine: 'mine',
  /** `{}` to `Validation`: checks the whole stored chain again. Progress as `progress` notifications. */
  validate: 'validate',
  /**
   * `{blocks?: [block, …], last?}` to `Offer`: the next part of a candidate chain, which begins with the genesis or the child of an
   * active block, one chain on a connection at a time.
   * With `last`, or as soon as it is known, the answer has the verdict.
   */
  offer: 'offer',
  /** `{path}` to `{path}`: a copy of the store in a new file, by the node's user. Progress as `progress` notifications. */
  backup: 'backup',
  /** `{}` to `{peers: PeerView[]}`. */
  peers: 'peers',
  /** `{address}` to `{address}`: a peer to keep in touch with from now on. */
  connect: 'connect',
  /** `{}` to `{}`; from then on `event` notifications with `{event: LedgerEvent}`, until the connection ends. */
  subscribe: 'subscribe',
  /** `{}` to `{}`, then the node leaves the list of running nodes and stops. */
  shutdown: 'shutdown',
} as const;

export type RpcMethod = keyof typeof RPC_METHODS;

/** How many entry proofs one call gives. */
export const ENTRY_PROOFS_MAX = 64;

/** What notifications are called. */
export const RPC_NOTIFICATIONS = { event: 'event', progress: 'progress' } as const;

/** JSON-RPC 2.0 §5.1; `application` is ours for all faults of the ledger. */
export const RPC_ERROR_CODES = {
  invalidRequest: -32_600,
  methodUnknown: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
  application: -32_000,
} as const;

/** An error as it travels. `data.code` is a stable code of docs/spec/errors.md. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data: { readonly code: string } & Readonly<Record<string, unknown>>;
}
