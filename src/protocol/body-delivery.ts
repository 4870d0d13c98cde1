/**
 * Bodies that peers deliver, whole or in pieces: each is judged by its header, and goes on to the intake, or to be stored
 * again where it was damaged.
 *
 * That a body is wrong says nothing of the block: another may be its own (docs/spec/validation.md, V14). That a block's own
 * body breaks a rule is for ever: the block is refused for good, and what stands on it with it.
 */
import { findBrokenEntry } from '../core/entry-rules.ts';
import type { Hash } from '../core/hash.ts';
import type { NetworkParams } from '../core/params.ts';
import type { Result } from '../core/result.ts';
import { type ChainPoint, matchBody } from '../core/validation.ts';
import type { BlockRelay, RelayFault, RelayStep } from './block-relay.ts';
import type { TreeNode } from './block-tree.ts';
import type { Effect } from './effects.ts';
import type { Ledger } from './ledger.ts';
import type { Mender } from './mender.ts';
import type { Message } from './message.ts';
import type { PeerSession } from './peer-session.ts';
import type { Sync } from './sync.ts';

/** A body, or a piece of one. */
export type BodyMessage = Extract<Message, { readonly type: 'block' | 'block-ids' | 'block-entries' }>;

export interface DeliveryOutcome {
  readonly effects: readonly Effect[];
  /** The code of the rule that the peer has broken, if it has. */
  readonly fault: string | undefined;
}

export interface BodyDeliveryParts {
  readonly params: NetworkParams;
  readonly ledger: Ledger;
  readonly sync: Sync;
  readonly relay: BlockRelay;
  readonly mender: Mender;
}

export class BodyDelivery {
  readonly #parts: BodyDeliveryParts;

  constructor(parts: BodyDeliveryParts) {
    this.#parts = parts;
  }

  take(peer: PeerSession, message: BodyMessage, nowMs: number): DeliveryOutcome {
    const { relay, mender } = this.#parts;
    switch (message.type) {
      case 'block': {
        const damaged = mender.wanted(message.hash);
        if (damaged !== undefined) return this.#mend(peer, damaged, message.bodyBytes);
        return this.#wholeReceived(peer, message.hash, message.bodyBytes, nowMs);
      }
      case 'block-ids':
        return this.#pieceReceived(peer, message.hash, relay.idsReceived(peer, message), nowMs);
      case 'block-entries':
        return this.#pieceReceived(peer, message.hash, relay.entriesReceived(peer, message), nowMs);
    }
  }

  #wholeReceived(peer: PeerSession, hash: Hash, bodyBytes: Uint8Array, nowMs: number): DeliveryOutcome {
    const { params, ledger, sync } = this.#parts;
    // What nobody was asked for is not even judged: memory and time go to what is wanted.
    if (!sync.isAsked(hash)) return NOTHING;
    const node = this.#delivered(peer, hash, bodyBytes.length, nowMs);
    if (node !== undefined) {
      const block = matchBody(node.point, bodyBytes, params);
      if (!block.ok) {
        // Another peer may have the right one.
        sync.bodyRefused(node);
        return { effects: [], fault: block.fault.code };
      }
      const broken = findBrokenEntry(block.value.body, params, ledger.judge.isKnown);
      if (broken !== undefined) return this.#condemn(node, broken.code);
      ledger.intake.hold(node, block.value);
    }
    return { effects: sync.proceedWith(peer, nowMs), fault: undefined };
  }

  /** A piece of a body arrived: goes on with what it leads to. */
  #pieceReceived(peer: PeerSession, hash: Hash, step: Result<RelayStep, RelayFault>, nowMs: number): DeliveryOutcome {
    const { ledger, sync } = this.#parts;
    if (!step.ok) {
      const { code } = step.fault;
      const node = SAYS_NOTHING_OF_BLOCK.has(code) ? undefined : ledger.tree.find(hash);
      return node === undefined ? { effects: [], fault: code } : this.#condemn(node, code);
    }
    if (step.value.type === 'ignore') return NOTHING;
    if (step.value.type === 'ask') {
      return { effects: [{ type: 'send', peer: peer.id, message: step.value.message }], fault: undefined };
    }
    const { body } = step.value;
    const node = this.#delivered(peer, hash, body.bytes.length, nowMs);
    if (node !== undefined) ledger.intake.hold(node, { hash, header: node.point.header, body });
    return { effects: sync.proceedWith(peer, nowMs), fault: undefined };
  }

  /** A body that was asked for has come. Gives back its place, if it is still missing there and there is room for it. */
  #delivered(peer: PeerSession, hash: Hash, sizeBytes: number, nowMs: number): TreeNode | undefined {
    const { ledger, sync } = this.#parts;
    const hasRoom = sync.blockReceived(peer, hash, sizeBytes, nowMs);
    const node = ledger.tree.find(hash);
    return hasRoom && node?.body === 'missing' ? node : undefined;
  }

  /** A body for a block that is damaged on disk. Its entries were judged before it was stored. */
  #mend(peer: PeerSession, point: ChainPoint, bodyBytes: Uint8Array): DeliveryOutcome {
    const { params, ledger, mender } = this.#parts;
    const block = matchBody(point, bodyBytes, params);
    if (!block.ok) return { effects: [], fault: block.fault.code };
    mender.mended(point.hash);
    ledger.mendBlock(block.value, point.work);
    const facts = { hash: point.hash, peer: peer.id };
    return { effects: [{ type: 'report', level: 'info', code: 'block-mended', facts }], fault: undefined };
  }

  /** The block's own body breaks the rule `fault`. */
  #condemn(node: TreeNode, fault: string): DeliveryOutcome {
    const { hash, header } = node.point;
    if (node.body === 'missing') this.#parts.ledger.condemn(node);
    const facts = { hash, height: header.height, fault };
    return { effects: [{ type: 'report', level: 'warn', code: 'block-invalid', facts }], fault };
  }
}

const NOTHING: DeliveryOutcome = { effects: [], fault: undefined };
/** What comes of pieces that are not the block's own. */
const SAYS_NOTHING_OF_BLOCK: ReadonlySet<RelayFault['code']> = new Set(['data-root-wrong', 'block-entries-wrong']);
