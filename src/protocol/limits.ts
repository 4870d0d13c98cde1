/**
 * How much of anything a node takes from others: policy, which nodes may set differently without a fork.
 *
 * What all nodes must agree on is in `core/params.ts`. Every number here stands with its reason in docs/limits.md.
 */

/** A message on the peer door. Room for the largest body, 1 MiB, and its envelope. */
export const PEER_MESSAGE_BYTES_MAX = 2 * 1024 * 1024;

export const HEADERS_PER_MESSAGE_MAX = 2_000;
export const LOCATOR_HASHES_MAX = 101;
export const BLOCKS_PER_REQUEST_MAX = 128;

/** A chain proof: twice what one of a million blocks takes, and as text it still fits into a message. */
export const CHAIN_PROOF_BYTES_MAX = 768 * 1024;

/** As many entries as a block may have: ids that are told, and places that are asked for. */
export const BLOCK_IDS_MAX = 4_096;

export const IDS_PER_MESSAGE_MAX = 1_000;
export const ADDRESSES_PER_MESSAGE_MAX = 100;
export const ADDRESS_CHARACTERS_MAX = 256;
export const AGENT_CHARACTERS_MAX = 128;
export const GOODBYE_CHARACTERS_MAX = 512;

/** The entries of one `entries` message: bytes of JSON, so that it stays far below a message. */
export const ENTRIES_MESSAGE_BYTES_MAX = 1_048_576;

/** Places of the active chain that are kept in memory; older ones are looked up on disk. */
export const CHAIN_WINDOW_BLOCKS = 4_096;

/** One hash of the active chain is remembered for each so many blocks, for locators that reach far back. */
export const MILESTONE_INTERVAL_BLOCKS = 1_024;

/** How far known headers may run ahead of the tip before no more are asked for. */
export const HEADER_LEAD_BLOCKS_MAX = 20_000;

/** Headers in memory, the active window included. */
export const TREE_HEADERS_MAX = 65_536;

/** Blocks that break a rule for good, of which that is remembered. */
export const INVALID_BLOCKS_MAX = 1_000;

/** Messages of a chain in its first pass: one hash of 32 bytes is kept for each. */
export const PRESYNC_MESSAGES_MAX = 65_536;

/** A branch must have as much work as the active chain had so many blocks ago to be let into the tree. */
export const BRANCH_DEPTH_BLOCKS = 144;

/** A question for headers does not keep others from being asked for longer than this. */
export const HEADERS_PATIENCE_MS = 2_000;

/** A chain with the most work whose bodies nobody gives is given up for a while. */
export const SECOND_PASS_PATIENCE_MS = 60_000;

/** Bodies that one peer is asked for at once: as many as make so many bytes, by the sizes seen, within bounds. */
export const IN_FLIGHT_BYTES_PER_PEER_MAX = 4 * 1024 * 1024;
export const BLOCKS_IN_FLIGHT_PER_PEER_MIN = 16;
export const BLOCKS_IN_FLIGHT_PER_PEER_MAX = 2_048;

/** Bodies that arrived before their parent's, and those asked for. */
export const DOWNLOAD_WINDOW_BLOCKS = 8_192;
export const HELD_BODY_BYTES_MAX = 64 * 1024 * 1024;

/** One storage transaction. */
export const COMMIT_BLOCKS_MAX = 512;
export const COMMIT_BYTES_MAX = 4 * 1024 * 1024;

/** A disk that had no room is tried again after so long. */
export const STORE_FULL_RETRY_MS = 5_000;

/** New blocks at hand for peers: so many of the latest; and bodies up to this size are sent whole, whatever was asked. */
export const SHELF_BLOCKS_MAX = 4;
export const WHOLE_BODY_BYTES_MAX = 1_024;

/** Blocks of which is remembered that their ids were asked for. */
export const RELAYED_BLOCKS_MAX = 16;

/** A peer that delivers nothing of what it was asked for so long loses the requests to others; doubles up to the maximum. */
export const STALL_MS_MIN = 2_000;
export const STALL_MS_MAX = 64_000;

export const HANDSHAKE_TIMEOUT_MS = 10_000;
export const HEADERS_TIMEOUT_MS = 15_000;
export const ENTRIES_TIMEOUT_MS = 5_000;
export const PING_INTERVAL_MS = 30_000;
export const PONG_TIMEOUT_MS = 20_000;

/** How long a header that is ahead of the clock waits before the peer is asked again. */
export const HOLD_RETRY_MS = 2_000;

export const PENDING_ENTRIES_MAX = 50_000;
export const PENDING_BYTES_MAX = 64 * 1024 * 1024;

/** Beyond this nothing is taken of peers any more: the rest of the pool is for the node's own user. */
export const PENDING_ENTRIES_OF_PEERS_MAX = 40_000;
export const PENDING_BYTES_OF_PEERS_MAX = 48 * 1024 * 1024;

/** Of the pool's entries, those that one peer brought. */
export const PENDING_ENTRIES_PER_PEER_MAX = 10_000;
export const PENDING_BYTES_PER_PEER_MAX = 16 * 1024 * 1024;

/** Of the pool's entries, those that one author has signed, whoever brought them. */
export const PENDING_ENTRIES_PER_AUTHOR_MAX = 20_000;
export const PENDING_BYTES_PER_AUTHOR_MAX = 24 * 1024 * 1024;

/** Signed entries of which is remembered that they are right, so that what comes twice is verified once. */
export const JUDGED_ENTRIES_MAX = 16_384;

/** A message with signed entries that is larger is judged ahead, with pauses: so much takes some 10 ms. */
export const JUDGED_AT_ONCE_BYTES_MAX = 32 * 1024;

/** Refused entries of which is remembered why, and for how long. */
export const REFUSED_ENTRIES_MAX = 10_000;
export const REFUSED_MEMORY_MS = 60 * 60_000;

/** Entries that are looked up on disk in one question, where they are to be recorded once. */
export const FOUND_AT_ONCE_MAX = 1_024;

/** Entries that one peer was asked for and has not sent yet. What it tells of beyond that is not asked for. */
export const ENTRIES_ASKED_PER_PEER_MAX = 10_000;

/** Ids of which is remembered that a peer has them. */
export const KNOWN_IDS_PER_PEER_MAX = 10_000;

/** Peers are told again of so many of the oldest pending entries: so often at most, after a new block, and at least. */
export const REMINDED_IDS_MAX = 4_096;
export const REMINDER_MS_MIN = 1_000;
export const REMINDER_MS_MAX = 30_000;

/** Ids of entries in the latest blocks, so that a late announcement does not bring them into the pool again. */
export const RECENT_IDS_MAX = 100_000;

/** Ids of entries in blocks beside the active chain, so that they are known for mined when that becomes the active one. */
export const SIDE_ENTRIES_MAX = 100_000;

export const MINING_REQUESTS_MAX = 64;

/** Blocks of its own of which a node can say that it found them. */
export const FOUND_HASHES_MAX = 64;

/** A search is begun anew at least this often, so that the timestamp in the header stays fresh. */
export const MINING_JOB_AGE_MS_MAX = 5_000;

/** Up to so many entries are put into a block anew at once when one more comes: it takes a third of a millisecond. */
export const MINING_SMALL_BODY_ENTRIES = 256;

/** With more entries than that, a search goes on for so long at least before it makes way for one with yet more. */
export const MINING_LARGE_JOB_AGE_MS_MIN = 50;

export const PEERS_MAX = 64;
export const OUTBOUND_PEERS_TARGET = 8;

/** Of the peers, those that dialled: they cannot take the places of peers that this node chooses. */
export const INBOUND_PEERS_MAX = PEERS_MAX - OUTBOUND_PEERS_TARGET;

/** Of the inbound places, those that light clients may have. For a full node that dials, one of them makes room. */
export const LIGHT_PEERS_MAX = 32;

export const KNOWN_ADDRESSES_MAX = 1_000;
export const DIALS_AT_ONCE_MAX = 4;

/** A dial of which nothing was heard for so long is over. */
export const DIAL_TIMEOUT_MS = 30_000;

export const DIAL_BACKOFF_MS_MIN = 500;
export const DIAL_BACKOFF_MS_MAX = 60_000;

/** How long a node that has peers enough keeps one more as a guest before it looks for another. */
export const LOOK_AROUND_MS = 60_000;

/** A peer whose score falls so low is disconnected, or also not spoken to again for a while. */
export const SCORE_DISCONNECT = -20;
export const SCORE_BAN = -50;
export const SCORE_HALF_LIFE_MS = 10 * 60_000;
export const BAN_MS = 30 * 60_000;
export const BANS_MAX = 1_000;

/** A reorganisation that undoes more blocks than this raises an alarm. */
export const REORGANISATION_ALARM_BLOCKS = 100;

/** Damaged blocks that are asked of peers at a time, and how long each peer has to give one. */
export const MENDED_AT_ONCE_MAX = 64;
export const MEND_TIMEOUT_MS = 5_000;
