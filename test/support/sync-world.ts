/** A `Sync` by itself, with the tree and the peers that it works on. */

import type { Hash } from '../../src/core/hash.ts';
import { type ChainPoint, genesisPoint } from '../../src/core/validation.ts';
import { BlockIntake } from '../../src/protocol/block-intake.ts';
import { BlockTree } from '../../src/protocol/block-tree.ts';
import type { Effect } from '../../src/protocol/effects.ts';
import type { PeerSession } from '../../src/protocol/peer-session.ts';
import { Sync } from '../../src/protocol/sync.ts';
import { TEST_PARAMS } from './chain-fixture.ts';
import { greetedPeer } from './entry-fixture.ts';
import { sentTo } from './lone-machine.ts';

export interface SyncWorld {
  readonly tree: BlockTree;
  readonly intake: BlockIntake;
  readonly peers: Map<string, PeerSession>;
  readonly sync: Sync;
  /** Lets in a peer that has greeted. */
  readonly peer: (id: string, claimedTip?: PeerSession['claimedTip']) => PeerSession;
}

/** `active` is the window: where it begins above the first block, what is lower is on disk alone. Left out: the genesis. */
export function syncWorld(
  options: { readonly active?: readonly ChainPoint[]; readonly headersMax?: number } = {},
): SyncWorld {
  const { active = [], headersMax } = options;
  const genesis = genesisPoint(TEST_PARAMS);
  const isFromGenesis = active[0] === undefined || active[0].header.height === 1;
  const window = isFromGenesis ? [genesis, ...active] : active;
  const tree = new BlockTree({ params: TEST_PARAMS, window, milestones: [genesis.hash], headersMax });
  const intake = new BlockIntake();
  const peers = new Map<string, PeerSession>();
  // Every body is asked for as a whole.
  const questions = { question: (hashes: readonly Hash[]) => ({ type: 'get-blocks', hashes }) as const };
  const sync = new Sync({ tree, intake, params: TEST_PARAMS, peers, questions });
  const peer: SyncWorld['peer'] = (id, claimedTip) => {
    const session = greetedPeer(id);
    session.claimedTip = claimedTip;
    peers.set(id, session);
    return session;
  };
  return { tree, intake, peers, sync, peer };
}

/** From which hash on `effects` ask the peer for headers. */
export function askedFrom(effects: readonly Effect[], peer: string): Hash | undefined {
  return sentTo(effects, peer).find((message) => message.type === 'get-headers')?.locator[0];
}
