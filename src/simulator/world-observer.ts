/** Who watches a world: told of everything that happens to its nodes, as it happens. May stop the run by throwing. */
import type { Effect, Input, PeerId } from '../protocol/effects.ts';
import type { Message } from '../protocol/message.ts';
import type { ChainChange, CommittedChange } from '../storage/chain-store.ts';
import type { SimulatedNode } from './simulated-node.ts';

export interface WorldObserver {
  /** A node took `input` in; its effects are not carried out yet. */
  handled?(node: SimulatedNode, input: Input, effects: readonly Effect[], nowMs: number): void;
  /** A change is on the node's disk. Its machine is told later, if the node lives so long. */
  committed?(node: SimulatedNode, change: ChainChange, result: CommittedChange): void;
  /** A node has started from what its disk holds. */
  started?(node: SimulatedNode): void;
  crashed?(node: SimulatedNode): void;
  /** A node could not go on, and stopped. `crashed` is told as well. */
  failed?(node: SimulatedNode, error: Error): void;
  /** An old copy of a node's disk was put back while it was down: what came since is gone from it. */
  restored?(node: SimulatedNode): void;
  /** A block on a node's disk can no longer be read. */
  damaged?(node: SimulatedNode, hash: string): void;
  /** A message was put on its way; its size is without the frame. */
  sent?(from: PeerId, to: PeerId, message: Message, sizeBytes: number): void;
}
