/** The bounds of the probe socket (docs/limits.md). They are policy: nobody has to agree on them. */

/** Any message but a candidate chain, as a node takes it: the largest submission is 1 MiB of JSON. */
export const MESSAGE_BYTES_MAX = 2_097_152;

/** One block of a candidate chain: its data has 1 MiB of canonical JSON at most, and other spellings are longer. */
export const ELEMENT_BYTES_MAX = 8_388_608;

/** The longest answer that a client holds in memory; longer ones are for `stream`. A string has 512 MiB at most. */
export const ANSWER_BYTES_MAX = 268_435_456;

/** What waits for a slow reader of notifications. */
export const NOTIFICATION_BYTES_MAX = 1_048_576;

export const CONNECTIONS_MAX = 64;

/** Calls that one connection has running, or answered and not yet read. Beyond them it is not read any further. */
export const CALLS_MAX = 64;

/** How long the messages of one connection are handled before it is the turn of the others. */
export const TURN_MS_MAX = 10;

/** The id of a request is sent back with each notification about it. */
export const REQUEST_ID_LENGTH_MAX = 256;

/** JSON inside JSON-RPC: data nests 32 deep, and stands a few levels deep in an answer. */
export const RPC_DEPTH_MAX = 64;

/** Between two requests. A connection with calls running, or with a subscription, is never idle. */
export const IDLE_TIMEOUT_MS = 300_000;

/** Between two pieces of one message. */
export const MESSAGE_TIMEOUT_MS = 10_000;

/** For the other side to read a farewell and close, once we have closed our direction. */
export const LINGER_MS = 2_000;

/** For a connection to come about, seen from a client. */
export const CONNECT_TIMEOUT_MS = 5_000;

/** For an answer, seen from a client that says nothing else. */
export const CALL_TIMEOUT_MS = 10_000;

/** How long a node may be silent over a word or a candidate chain, which it may have to check whole. */
export const SEND_SILENCE_MAX_MS = 60_000;
