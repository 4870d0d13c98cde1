/** The gateway's bounds (docs/limits.md has each with its reason). */

export interface GatewayLimits {
  /** A block's data, and what an array of entries adds around it. */
  readonly bodyBytesMax: number;
  /** The request line and all headers together. */
  readonly headerBytesMax: number;
  readonly headerTimeoutMs: number;
  /** For the whole request to arrive. An answer may take longer: mining and validating do. */
  readonly requestTimeoutMs: number;
  readonly socketsMax: number;
  /** Event streams at once: each holds one of the 64 connections that a node has. */
  readonly eventStreamsMax: number;
  /** Orders, validations and chains under way at once: each holds one of a node's connections too. */
  readonly nodeCallsMax: number;
  /** Between two comments that keep an idle event stream from being taken for dead. */
  readonly heartbeatMs: number;
  /** How long the reader of a stream may take nothing. */
  readonly streamStallMs: number;
  /** Requests that one address may make at once; in the long run `rateBurst` for every `rateWindowMs`. */
  readonly rateBurst: number;
  /** The same for loopback, where scripts pipe in records. */
  readonly rateBurstLoopback: number;
  readonly rateWindowMs: number;
  /** How old what the list of running nodes says may be, where the connection to a node is kept. */
  readonly lookAgeMs: number;
  /** For a node to take the connection. */
  readonly connectTimeoutMs: number;
  /** For a node's answer to a question that it answers from what it holds. */
  readonly answerTimeoutMs: number;
  /** For all nodes to say how they are, where that is asked for figures of all. */
  readonly metricsTimeoutMs: number;
  /** Browsers' connections to peer doors at once. */
  readonly peerStreamsMax: number;
  /** How long such a connection may say nothing: both ends send pings. */
  readonly peerIdleMs: number;
  /** The same for the overview, which somebody waits for. */
  readonly overviewTimeoutMs: number;
  /** How many blocks a node may be behind and still count as ready. */
  readonly readyBehindMax: number;
  /** Between two looks for nodes that have come, where the events of all are followed. */
  readonly nodesLookMs: number;
  /** There, between what happened at a node and its new status, so that many events make one. */
  readonly statusPauseMs: number;
  /** There, the longest time without a new status: a node that hangs is found out by it. */
  readonly statusIntervalMs: number;
}

export const GATEWAY_LIMITS: GatewayLimits = {
  bodyBytesMax: 1_048_576 + 8_192,
  headerBytesMax: 16_384,
  headerTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  socketsMax: 256,
  eventStreamsMax: 32,
  nodeCallsMax: 24,
  heartbeatMs: 15_000,
  streamStallMs: 300_000,
  rateBurst: 40,
  rateBurstLoopback: 40_000,
  rateWindowMs: 2_000,
  lookAgeMs: 250,
  connectTimeoutMs: 2_000,
  answerTimeoutMs: 10_000,
  metricsTimeoutMs: 5_000,
  peerStreamsMax: 64,
  peerIdleMs: 60_000,
  overviewTimeoutMs: 2_000,
  readyBehindMax: 8,
  nodesLookMs: 1_000,
  statusPauseMs: 1_000,
  statusIntervalMs: 15_000,
};
