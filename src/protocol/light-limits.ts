/** How much of anything a light client takes from others, as `limits.ts` has it for a node. */

/** Headers in memory of the chain that is followed, and of the branch of each peer. */
export const LIGHT_WINDOW_BLOCKS = 2_560;

/** Full nodes that it is connected to. */
export const FULL_PEERS_MAX = 16;

/** Peers of which is remembered that they lied. */
export const CONVICTS_MAX = 1_000;

/** A peer that was asked for a whole chain does not keep others from being asked for longer than this. */
export const CHAIN_PATIENCE_MS = 2_000;

/** A chain proof that has not come after so long is not waited for. */
export const CHAIN_PROOF_TIMEOUT_MS = 20_000;

/** Of one peer, a chain proof is asked for so often at most: to check one takes up to a second. */
export const CHAIN_PROOF_INTERVAL_MS = 30_000;

/** Questions that have no answer yet. */
export const QUESTIONS_MAX = 256;

/** Of these, those that one peer is asked at a time. */
export const QUESTIONS_PER_PEER_MAX = 16;

/** How long a peer has to answer before another one is asked, and how long a question waits for somebody who can answer. */
export const QUESTION_PATIENCE_MS = 5_000;
export const QUESTION_TIMEOUT_MS = 30_000;

/** Answers of one peer that nobody asked for. */
export const UNASKED_ANSWERS_MAX = 64;
