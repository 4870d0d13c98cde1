/**
 * The shapes that a node answers with, over its probe socket and through the gateway alike.
 *
 * Each is a TypeBox schema: one source for the type, for validation and for the OpenAPI document. What is ledger JSON
 * (`data`, whole blocks) appears here as any JSON value, but is always passed on as text: see `src/core/json-text.ts`.
 */
import Type, { type Static } from 'typebox';

export const Hash = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 as 64 lower-case hex digits.' });

/** Work is beyond what a JSON number carries exactly. */
export const Work = Type.String({
  pattern: '^[0-9]+$',
  description: 'Expected number of hash tries, as a decimal string.',
});

/** The canonical JSON form of a block (docs/spec/block-json.md). */
export const BlockShape = Type.Object(
  {
    bits: Type.String({ pattern: '^[0-9a-f]{8}$', description: 'The compact target.' }),
    data: Type.Unknown({ description: 'One value, or an array of entries.' }),
    data_root: Hash,
    hash: Hash,
    history_root: Hash,
    index: Type.Integer({ minimum: 0, description: 'The place in the chain.' }),
    nonce: Type.Integer({ minimum: 0 }),
    prev_hash: Type.String({ pattern: '^([0-9a-f]{64}|0000)$' }),
    timestamp: Type.String({ description: 'UTC as dd/mm/yyyy, hh:mm:ss.' }),
  },
  { additionalProperties: false },
);

/** What a list of blocks tells of each. */
export const BlockSummaryShape = Type.Object({
  height: Type.Integer({ minimum: 0 }),
  hash: Hash,
  prev_hash: Type.String(),
  time: Type.String({ format: 'date-time', description: 'ISO 8601, UTC.' }),
  bits: Type.String(),
  entries: Type.Integer({ minimum: 0, description: 'How many entries the block holds.' }),
  size_bytes: Type.Integer({ minimum: 0, description: 'Bytes of canonical data.' }),
  work: Work,
});
export type BlockSummary = Static<typeof BlockSummaryShape>;

/** A block with its place relative to the tip. */
export const BlockViewShape = Type.Object({
  block: BlockShape,
  active: Type.Boolean({ description: 'Whether it is on the chain that this node follows.' }),
  depth: Type.Integer({ minimum: 0, description: 'Blocks on top of it, 0 at the tip or off the active chain.' }),
  work: Work,
  entry_ids: Type.Array(Hash, { description: 'The ids of its entries, in order.' }),
});

/** Where an entry stands in the active chain. */
const PlaceShape = Type.Object({
  height: Type.Integer({ minimum: 0 }),
  hash: Hash,
  index: Type.Integer({ minimum: 0, description: "The entry's index in the block." }),
  depth: Type.Integer({ minimum: 0, description: 'Blocks on top of its block.' }),
});

/** What has become of an entry: one word, the same everywhere (docs/spec/entries.md#life). */
const EntryStatusShape = Type.Union(
  [Type.Literal('pending'), Type.Literal('returned'), Type.Literal('in-block'), Type.Literal('refused')],
  {
    description:
      'It waits for a block; it waits again, because its block was abandoned; it stands in a block; or the node was ' +
      'asked to record it and did not, and remembers for a while why.',
  },
);
export type EntryStatus = Static<typeof EntryStatusShape>;

export const EntryViewShape = Type.Object({
  id: Hash,
  status: EntryStatusShape,
  places: Type.Array(PlaceShape, { description: 'Lowest first; equal entries may stand in the chain more than once.' }),
  indexed_to: Type.Integer({
    description: 'The height up to which the chain was looked through: below the tip while the index is being built.',
  }),
  since: Type.Optional(
    Type.String({
      format: 'date-time',
      description: 'When it began to wait or was refused, as far as the node remembers; never with `in-block`.',
    }),
  ),
  reason: Type.Optional(Type.String({ description: 'With `refused`: the code of what was wrong.' })),
  message: Type.Optional(Type.String({ description: 'With `refused`: the same for people.' })),
  data: Type.Optional(Type.Unknown({ description: 'The entry; left out with `refused`, as it was not kept.' })),
});
export type EntryView = Static<typeof EntryViewShape>;

/** What became of one submitted entry. */
export const SubmittedShape = Type.Object({
  id: Hash,
  status: Type.Union([Type.Literal('pending'), Type.Literal('already-pending'), Type.Literal('in-block')], {
    description:
      'It waits from now on; an equal one waits already; or, where each is to be recorded `once`, it is in the chain.',
  }),
  place: Type.Optional(PlaceShape),
});
export type Submitted = Static<typeof SubmittedShape>;

export const AppendedShape = Type.Object({ entries: Type.Array(SubmittedShape) });

export const PendingViewShape = Type.Object({
  count: Type.Integer({ minimum: 0 }),
  size_bytes: Type.Integer({ minimum: 0 }),
  tip: Type.Object(
    { height: Type.Integer({ minimum: 0 }), hash: Hash },
    { description: 'Of the active chain, at the moment at which this waits.' },
  ),
  entries: Type.Array(Type.Object({ id: Hash, data: Type.Unknown() })),
  more: Type.Boolean({
    description: 'Whether others may wait than those that are listed, of which these are the oldest.',
  }),
});
/** What a node says of the entries that wait. */
export type PendingView = Static<typeof PendingViewShape>;

export const PeerViewShape = Type.Object({
  id: Type.String(),
  address: Type.String(),
  direction: Type.Union([Type.Literal('inbound'), Type.Literal('outbound')]),
  agent: Type.String(),
  light: Type.Boolean({ description: 'Whether it is a light client, which has no blocks to give.' }),
  height: Type.Integer({ minimum: 0, description: 'The highest block it has told of.' }),
  connected_s: Type.Number({ description: 'Seconds since the connection.' }),
  score: Type.Number({ description: '0 is spotless; it is disconnected at -20 and banned at -50.' }),
});
export type PeerView = Static<typeof PeerViewShape>;

export const MiningModeShape = Type.Union([Type.Literal('demand'), Type.Literal('entries'), Type.Literal('always')]);
export type MiningMode = Static<typeof MiningModeShape>;

/** How one of the kernels, which try the nonces, did when the node chose among them. */
export const KernelTrialShape = Type.Union([
  Type.Object({
    kernel: Type.String(),
    outcome: Type.Literal('passed'),
    hashes_per_second: Type.Number({ description: 'Of one thread.' }),
  }),
  Type.Object({
    kernel: Type.String(),
    outcome: Type.Literal('refused'),
    code: Type.String({ description: 'Stable.' }),
    reason: Type.String({ description: 'For people.' }),
  }),
  Type.Object({ kernel: Type.String(), outcome: Type.Literal('skipped') }),
]);
export type KernelTrialView = Static<typeof KernelTrialShape>;

const KernelShape = Type.Union([Type.String(), Type.Null()], {
  description: 'What tries the nonces; null while the node has not chosen.',
});

const MiningShape = Type.Object({
  mode: MiningModeShape,
  searching: Type.Boolean(),
  kernel: KernelShape,
  threads: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], { description: 'How many search at once.' }),
  duty_cycle: Type.Union([Type.Number(), Type.Null()], {
    description: 'How much of its time each thread searches, above 0 and at most 1.',
  }),
  trials: Type.Array(KernelTrialShape, {
    description: 'Every kernel, the first choice first; empty before the choice.',
  }),
  hashes_per_second: Type.Number({ description: 'Of the current search, or of the last one.' }),
  hashes: Type.Number({ description: 'Tried since the miner started; the node may have to start it again.' }),
  expected_s: Type.Union([Type.Number(), Type.Null()], {
    description: 'Seconds a block is expected to take at this rate.',
  }),
  queued: Type.Integer({ minimum: 0, description: 'Blocks asked for and not yet found.' }),
  blocks_found: Type.Integer({ minimum: 0, description: 'Since the node started.' }),
  found: Type.Array(Hash, { description: 'The last 64 of them, latest first; they need not be on the active chain.' }),
});

const RewriteCostShape = Type.Object({
  blocks: Type.Integer({ minimum: 1 }),
  seconds: Type.Union([Type.Number(), Type.Null()], {
    description: "At this machine's mining rate; null while unknown.",
  }),
});

const SyncShape = Type.Object({
  phase: Type.Union([Type.Literal('idle'), Type.Literal('headers'), Type.Literal('blocks')], {
    description: 'Proving headers, fetching blocks, or idle: nothing is missing that the node knows of.',
  }),
  behind: Type.Integer({ minimum: 0, description: 'Blocks known of beyond the tip.' }),
  target_height: Type.Integer({ minimum: 0, description: 'Of the best chain known of: proven, not claimed.' }),
  headers_checked: Type.Integer({ minimum: 0, description: 'How far the headers of that chain are proven.' }),
  per_second: Type.Union([Type.Number(), Type.Null()], {
    description: 'Headers or blocks a second over the last 10 s, as the phase says; null while unknown.',
  }),
  seconds_left: Type.Union([Type.Number(), Type.Null()], {
    description: 'Until the phase ends, at this rate; null while unknown.',
  }),
});

const EventLoopShape = Type.Object(
  {
    p50_s: Type.Number({ description: 'Half of the waits were shorter.' }),
    p99_s: Type.Number({ description: '99 of 100 waits were shorter.' }),
    max_s: Type.Number(),
    window_s: Type.Number({ description: 'How far back it was looked: half a minute to a minute.' }),
  },
  { description: "How long the node's thread kept others waiting, in seconds." },
);

const DiskShape = Type.Object({
  free_bytes: Type.Integer({ minimum: 0, description: 'What the node may still write, as of some seconds ago.' }),
  store_bytes: Type.Integer({ minimum: 0, description: 'The sizes of all files in its data folder.' }),
});

const RecordsStatusShape = Type.Object({
  indexed_to: Type.Integer({
    minimum: -1,
    description: 'The height up to which it holds the active chain; -1 where it holds nothing yet, or is not there.',
  }),
  indexes: Type.Array(Type.String(), { description: 'The fields that can be searched at once, as JSON Pointers.' }),
  full_text: Type.Boolean({ description: 'Whether the words in records can be searched at once.' }),
  trouble: Type.Optional(
    Type.String({ description: 'The code of why it stays behind or is not there; the node tries again by itself.' }),
  ),
});
/** What a node says of its table of records. */
export type RecordsStatus = Static<typeof RecordsStatusShape>;

export const NodeStatusShape = Type.Object({
  port: Type.Integer({ description: 'The port of the probe socket, by which the node is known on its machine.' }),
  pid: Type.Integer(),
  version: Type.String(),
  peer_id: Type.String(),
  addresses: Type.Array(Type.String(), { description: 'Where peers reach it.' }),
  network: Type.Object({
    name: Type.String(),
    genesis: Hash,
    signatures: Type.Union([Type.Literal('optional'), Type.Literal('required')], {
      description: 'Whether every entry must be signed.',
    }),
    writers: Type.Integer({ minimum: 0, description: 'How many are named who alone may write; 0: anybody may.' }),
    stamp_bits: Type.Integer({ minimum: 0, description: 'With how many zero bits the id of every entry begins.' }),
  }),
  tip: Type.Object({ height: Type.Integer(), hash: Hash, time: Type.String({ format: 'date-time' }), work: Work }),
  length: Type.Integer({ minimum: 1, description: 'Blocks in the chain, the genesis included.' }),
  next_bits: Type.String({ description: 'The compact target of the next block.' }),
  limit_bits: Type.String({ description: 'The easiest compact target that the network allows.' }),
  sync: SyncShape,
  event_loop: EventLoopShape,
  peers: Type.Integer({ minimum: 0 }),
  pending: Type.Object({ count: Type.Integer({ minimum: 0 }), size_bytes: Type.Integer({ minimum: 0 }) }),
  records: Type.Union([RecordsStatusShape, Type.Null()], {
    description: 'The table of records that can be searched; null where the node keeps none.',
  }),
  mining: MiningShape,
  rewrite_cost: Type.Array(RewriteCostShape, {
    description:
      'What mining the last n blocks anew would take: how little the proof of work of a small network protects.',
  }),
  disk: Type.Union([DiskShape, Type.Null()], { description: 'Where its files are; null while unknown.' }),
  disk_full_s: Type.Union([Type.Number(), Type.Null()], {
    description:
      'Seconds since the disk has had no room, so that nothing is recorded or mined; null while it has room.',
  }),
  alarm: Type.Union([Type.String(), Type.Null()], {
    description: 'Set when a reorganisation was deeper than 100 blocks, or a stored block breaks a newer rule.',
  }),
  uptime_s: Type.Number(),
});
/** What a node says of itself. */
export type NodeStatus = Static<typeof NodeStatusShape>;

export const ValidationShape = Type.Object({
  valid: Type.Boolean(),
  blocks: Type.Integer({ minimum: 0, description: 'How many blocks were checked.' }),
  fault: Type.Union([
    Type.Null(),
    Type.Object({ height: Type.Integer(), code: Type.String(), message: Type.String() }),
  ]),
});
export type Validation = Static<typeof ValidationShape>;

/** What a node says to a part of a candidate chain. */
export const OfferShape = Type.Object({
  verdict: Type.Union([Type.Null(), Type.Literal('accepted'), Type.Literal('rejected')], {
    description: 'Null while more parts may come.',
  }),
  blocks: Type.Union([Type.Null(), Type.Integer({ minimum: 0, description: 'How many blocks were found valid.' })]),
  fault: Type.Union([
    Type.Null(),
    Type.Object({ height: Type.Integer(), code: Type.String(), message: Type.String() }),
  ]),
});
export type Offer = Static<typeof OfferShape>;

const Bits = Type.String({ pattern: '^[0-9a-f]{8}$' });

/** The parameters of a network (docs/spec/params.md). */
export const ParamsShape = Type.Object({
  block_interval: Type.Integer({ description: 'T, in seconds, as all times here.' }),
  body_bytes_max: Type.Integer(),
  depth_max: Type.Integer(),
  entries_max: Type.Integer(),
  entry_bytes_max: Type.Integer(),
  format: Type.Union([Type.Literal(1), Type.Literal(2)]),
  future_time_max: Type.Integer(),
  genesis_time: Type.Integer(),
  half_life: Type.Integer(),
  initial_bits: Bits,
  name: Type.String(),
  signatures: Type.Optional(Type.Literal('required')),
  solve_time_max: Type.Integer(),
  stamp_bits: Type.Optional(Type.Integer({ description: 'The id of every entry begins with so many zero bits.' })),
  target_limit: Bits,
  writers: Type.Optional(Type.Array(Type.String(), { description: 'Who may sign entries, as did:key.' })),
});

/** A node on the list of running nodes. */
export const RunningNodeShape = Type.Object({
  port: Type.Integer(),
  host: Type.String(),
  pid: Type.Integer(),
  started: Type.String({ format: 'date-time' }),
});

/** What happened at a node. Ledger JSON is not in events: they name it. */
export const LedgerEventShape = Type.Union([
  Type.Object({
    type: Type.Literal('block-added'),
    height: Type.Integer(),
    hash: Hash,
    prev_hash: Type.String(),
    time: Type.String({ format: 'date-time' }),
    entries: Type.Integer(),
  }),
  Type.Object({ type: Type.Literal('block-removed'), height: Type.Integer(), hash: Hash }),
  Type.Object({ type: Type.Literal('entry-pending'), id: Hash }),
  Type.Object({ type: Type.Literal('peer-joined'), id: Type.String() }),
  Type.Object({ type: Type.Literal('peer-left'), id: Type.String(), reason: Type.String() }),
  Type.Object({
    type: Type.Literal('mining-progress'),
    height: Type.Integer({ description: 'Of the block being searched.' }),
    hashes: Type.Number({ description: 'Tried for this block.' }),
    hashes_per_second: Type.Number(),
    expected_s: Type.Union([Type.Number(), Type.Null()], {
      description: 'Seconds a block is expected to take at this rate.',
    }),
    blocks_found: Type.Integer({ minimum: 0, description: 'By this node, since it started.' }),
    kernel: KernelShape,
  }),
]);
export type LedgerEvent = Static<typeof LedgerEventShape>;
