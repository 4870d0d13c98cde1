/** Where a peer stands beside the chain that a light client follows, for people to see. */
import type { LightChain } from './light-chain.ts';
import type { LightPeer, PeerStanding } from './light-effects.ts';
import type { LightSession } from './light-session.ts';
import { tipOf } from './light-tip.ts';

/** What is known of a connected peer that has told no lie. */
export function describePeer(peer: LightSession, chain: LightChain): LightPeer {
  const { id, address, agent, claimed, shown, isAhead } = peer;
  return {
    id,
    address,
    agent,
    isConnected: true,
    standing: standingOf(peer, chain),
    claimed,
    shown: shown === undefined ? undefined : tipOf(shown.point),
    isAhead,
    fault: undefined,
  };
}

/** Whether both say the same. */
export function isSamePeer(one: LightPeer, other: LightPeer): boolean {
  return (
    one.standing === other.standing &&
    one.isAhead === other.isAhead &&
    one.agent === other.agent &&
    one.shown?.hash === other.shown?.hash &&
    one.claimed?.hash === other.claimed?.hash
  );
}

function standingOf(peer: LightSession, chain: LightChain): PeerStanding {
  const { shown, placed, isSilent } = peer;
  if (isSilent) return 'silent';
  if (shown === undefined) return 'new';
  if (shown === chain.tip) return 'agrees';
  const isOnChain = chain.isOnChain(shown) ?? (placed?.hash === shown.point.hash ? placed.isOnChain : undefined);
  if (isOnChain === undefined) return 'apart';
  return isOnChain ? 'behind' : 'forked';
}
