/**
 * Judges the signed entries in a peer's message before the machine takes it in, entry by entry.
 *
 * A mebibyte of them takes a third of a second, and the machine takes a message in without a pause. So whoever feeds it may
 * take these steps first, with pauses for others between them: what is found right is remembered, and the machine comes to
 * the same answers without them.
 */
import { isBodyOf } from '../core/block.ts';
import { type Body, entryBytes, entryIds, parseBody } from '../core/body.ts';
import { entriesToJudge } from '../core/entry-rules.ts';
import type { Hash } from '../core/hash.ts';
import type { NetworkParams } from '../core/params.ts';
import { findProofType } from '../core/signed-entry.ts';
import type { BlockRelay } from './block-relay.ts';
import type { PeerId } from './effects.ts';
import { parseEntries } from './entry-batch.ts';
import type { EntryIntake } from './entry-intake.ts';
import type { Ledger } from './ledger.ts';
import { JUDGED_AT_ONCE_BYTES_MAX } from './limits.ts';
import type { Message } from './message.ts';
import type { PeerSession } from './peer-session.ts';
import type { Sync } from './sync.ts';

/** One step for each entry that is judged. */
export type JudgingSteps = Generator<void, void, undefined>;

export interface MessageJudgeParts {
  readonly params: NetworkParams;
  readonly peers: ReadonlyMap<PeerId, PeerSession>;
  readonly ledger: Pick<Ledger, 'judge' | 'tree'>;
  readonly sync: Pick<Sync, 'isAsked'>;
  readonly relay: Pick<BlockRelay, 'isAwaited'>;
  readonly entries: Pick<EntryIntake, 'isWanted'>;
}

export class MessageJudge {
  readonly #parts: MessageJudgeParts;

  constructor(parts: MessageJudgeParts) {
    this.#parts = parts;
  }

  /** The steps for a message of the peer `from`; undefined where it takes no time, or where nobody has asked for what it holds. */
  steps(from: PeerId, message: Message): JudgingSteps | undefined {
    const { peers, ledger, sync, relay } = this.#parts;
    const peer = peers.get(from);
    if (peer === undefined) return undefined;
    switch (message.type) {
      case 'block': {
        const header = sync.isAsked(message.hash) ? ledger.tree.find(message.hash)?.point.header : undefined;
        if (header === undefined || !takesTime(message.bodyBytes)) return undefined;
        return heldBack(
          peer,
          this.#bodySteps(message.bodyBytes, (body) => isBodyOf(header, body)),
        );
      }
      case 'block-entries':
        if (!takesTime(message.arrayBytes)) return undefined;
        return heldBack(
          peer,
          this.#bodySteps(message.arrayBytes, (body) => relay.isAwaited(peer, message.hash, body)),
        );
      case 'entries':
        if (!takesTime(message.arrayBytes)) return undefined;
        return heldBack(peer, this.#entrySteps(peer, message.arrayBytes));
      default:
        return undefined;
    }
  }

  *#bodySteps(bytes: Uint8Array, isAwaited: (body: Body) => boolean): JudgingSteps {
    const { params, ledger } = this.#parts;
    const body = parseBody(bytes, params);
    if (!body.ok || !isAwaited(body.value)) return;
    const ids = entryIds(body.value);
    for (const entry of entriesToJudge(body.value, params)) {
      // The machine finds the same fault, and knows whose it is.
      const fault = ledger.judge.findFault({ id: ids[entry] as Hash, bytes: entryBytes(body.value, entry) });
      if (fault !== undefined) return;
      yield;
    }
  }

  *#entrySteps(peer: PeerSession, arrayBytes: Uint8Array): JudgingSteps {
    const { params, ledger, entries } = this.#parts;
    const parsed = parseEntries(arrayBytes, params);
    if (!parsed.ok) return;
    for (const entry of parsed.value) {
      if (findProofType(entry.bytes, 0) === -1 || !entries.isWanted(peer, entry)) continue;
      if (ledger.judge.findFault(entry) !== undefined) return;
      yield;
    }
  }
}

/** Nobody counts as stalled from the first step to the last: the next message is not read before. */
function* heldBack(peer: PeerSession, steps: JudgingSteps): JudgingSteps {
  peer.isHeldBack = true;
  try {
    yield* steps;
  } finally {
    peer.isHeldBack = false;
  }
}

function takesTime(bytes: Uint8Array): boolean {
  return bytes.length > JUDGED_AT_ONCE_BYTES_MAX && findProofType(bytes, 0) !== -1;
}
