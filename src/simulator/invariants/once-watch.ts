/**
 * Watches how entries are recorded that are to be recorded once: what a node is told of its own chain must be true of the
 * disk at that moment, and what it answers must follow from it.
 */
import type { Hash } from '../../core/hash.ts';
import type { Answer, Effect, EntryPlace, Input, PeerId, RequestId } from '../../protocol/effects.ts';
import type { Tally } from './invariant.ts';
import type { NodeModel } from './node-model.ts';

/** What is known of one node since it was started. */
interface Watched {
  /** What it has asked its store about, and has not heard of. */
  asked: readonly Hash[] | undefined;
  /** The questions whose entries are to be recorded once. */
  readonly requests: Set<RequestId>;
  /** Whether each entry stood in the chain when it was looked up the last time. */
  readonly wasThere: Map<Hash, boolean>;
}

export class OnceWatch {
  readonly #tally: Tally;
  readonly #nodes = new Map<PeerId, Watched>();

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  /** A node was started: it remembers nothing of what it was asked before. */
  started(id: PeerId): void {
    this.#nodes.set(id, { asked: undefined, requests: new Set(), wasThere: new Map() });
  }

  /** A node took `input` in, and gives `effects`. `model` is what its disk holds. */
  handled(
    { id, model }: { readonly id: PeerId; readonly model: NodeModel },
    input: Input,
    effects: readonly Effect[],
  ): void {
    const watched = this.#nodes.get(id);
    if (watched === undefined) return;
    if (input.type === 'entries-submitted' && input.once === true) watched.requests.add(input.request);
    if (input.type === 'entries-found') this.#checkFound({ id, model, watched }, input);
    for (const effect of effects) {
      if (effect.type === 'answer') this.#checkAnswer({ id, model, watched }, effect.request, effect.answer);
      const isWork = effect.type === 'commit' || effect.type === 'find-entries';
      if (!isWork) continue;
      this.#check(id, watched.asked === undefined, () => `it begins a ${effect.type} while entries are looked up`);
      if (effect.type === 'find-entries') watched.asked = effect.ids;
    }
  }

  #checkFound({ id, model, watched }: Looked, input: Input & { readonly type: 'entries-found' }): void {
    const asked = watched.asked ?? [];
    watched.asked = undefined;
    const isWhole = BigInt(input.indexedTo) >= model.tip.header.height;
    for (const [i, entry] of asked.entries()) {
      const place = input.places[i];
      if (place !== undefined) this.#check(id, stands(model, entry, place), () => `${entry} does not stand there`);
      if (!isWhole) continue;
      const isThere = model.isInChain(entry);
      this.#check(id, (place !== undefined) === isThere, () => `${entry} is looked up, and taken for the opposite`);
      watched.wasThere.set(entry, isThere);
    }
  }

  #checkAnswer({ id, model, watched }: Looked, request: RequestId, answer: Answer): void {
    if (!watched.requests.delete(request) || answer.type !== 'entries-pending') return;
    for (const entry of answer.entries) {
      const { status } = entry;
      if (status === 'in-block') {
        this.#check(id, stands(model, entry.id, entry.place), () => `${entry.id} is not where it is told to be`);
      }
      if (status !== 'pending') continue;
      const wasThere = watched.wasThere.get(entry.id) === true;
      this.#check(id, !wasThere || model.pending.has(entry.id), () => `${entry.id} is recorded a second time`);
    }
  }

  #check(id: PeerId, isHeld: boolean, what: () => string): void {
    this.#tally.check('S-k', id, isHeld, what);
  }
}

interface Looked {
  readonly id: PeerId;
  readonly model: NodeModel;
  readonly watched: Watched;
}

/** Whether the entry is at this place of the active chain. */
function stands(model: NodeModel, entry: Hash, { height, hash, index }: EntryPlace): boolean {
  const block = model.active[height];
  return block?.hash === hash && block.ids[index] === entry;
}
