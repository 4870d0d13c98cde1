/** Whether what a machine holds stays within the bounds of docs/limits.md, whatever peers do to it. */
import type { Commit, PeerId } from '../../protocol/effects.ts';
import type { FullNode } from '../../protocol/full-node.ts';
import {
  BANS_MAX,
  BLOCKS_IN_FLIGHT_PER_PEER_MAX,
  COMMIT_BLOCKS_MAX,
  COMMIT_BYTES_MAX,
  ENTRIES_ASKED_PER_PEER_MAX,
  HELD_BODY_BYTES_MAX,
  INBOUND_PEERS_MAX,
  KNOWN_ADDRESSES_MAX,
  LIGHT_PEERS_MAX,
  MENDED_AT_ONCE_MAX,
  MINING_REQUESTS_MAX,
  PEERS_MAX,
  PENDING_BYTES_MAX,
  PENDING_ENTRIES_MAX,
  TREE_HEADERS_MAX,
} from '../../protocol/limits.ts';
import { RETURNED_LIMITS } from '../../storage/chain-store.ts';
import type { Tally } from './invariant.ts';

/** What there is of a machine to look at. */
export type BoundedMachine = Pick<FullNode, 'peers' | 'pool' | 'mining' | 'holdings'>;

export class Bounds {
  readonly #tally: Tally;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  /** Looks at what the machine holds now. */
  checkMachine(id: PeerId, machine: BoundedMachine): void {
    let peers = 0;
    let inbound = 0;
    let light = 0;
    for (const peer of machine.peers) {
      peers++;
      if (peer.direction === 'inbound') inbound++;
      if (peer.isLight) light++;
      this.#check(id, `bodies asked of ${peer.id}`, peer.inFlight.size, BLOCKS_IN_FLIGHT_PER_PEER_MAX);
      this.#check(id, `entries asked of ${peer.id}`, peer.entriesAsked, ENTRIES_ASKED_PER_PEER_MAX);
    }
    this.#check(id, 'peers', peers, PEERS_MAX);
    this.#check(id, 'peers that dialled', inbound, INBOUND_PEERS_MAX);
    this.#check(id, 'light clients', light, LIGHT_PEERS_MAX);
    // What comes back of abandoned blocks is never refused.
    const { entriesMax, bytesMax } = RETURNED_LIMITS;
    this.#check(id, 'entries in the pool', machine.pool.count, PENDING_ENTRIES_MAX + entriesMax);
    this.#check(id, 'bytes in the pool', machine.pool.sizeBytes, PENDING_BYTES_MAX + bytesMax);
    this.#check(id, 'requests to mine', machine.mining.queuedCount, MINING_REQUESTS_MAX);
    const { headers, bodyBytes, addresses, bans } = machine.holdings;
    this.#check(id, 'headers', headers, TREE_HEADERS_MAX);
    this.#check(id, 'bytes of bodies', bodyBytes, HELD_BODY_BYTES_MAX + LARGEST_BODY);
    this.#check(id, 'addresses', addresses, KNOWN_ADDRESSES_MAX);
    this.#check(id, 'bans', bans, BANS_MAX);
  }

  /** Looks at what is to become durable at once. */
  checkCommit(id: PeerId, { blocks, pendingAdded }: Commit): void {
    this.#check(id, 'blocks of a commit', blocks.length, COMMIT_BLOCKS_MAX + MENDED_AT_ONCE_MAX);
    const blockBytes = blocks.reduce((sum, { block }) => sum + block.body.bytes.length, 0);
    this.#check(
      id,
      'bytes of the blocks of a commit',
      blockBytes,
      COMMIT_BYTES_MAX + MENDED_AT_ONCE_MAX * LARGEST_BODY,
    );
    const entryBytes = pendingAdded.reduce((sum, { bytes }) => sum + bytes.length, 0);
    // What was handed in together is stored together.
    this.#check(id, 'bytes of the entries of a commit', entryBytes, COMMIT_BYTES_MAX + LARGEST_BODY);
  }

  #check(id: PeerId, what: string, count: number, max: number): void {
    this.#tally.check('S-g', id, count <= max, () => `${what}: ${count}, where ${max} is the most`);
  }
}

/** The largest body of any network. */
const LARGEST_BODY = 1_048_576;
