/**
 * Watches the light clients of a world, and throws as soon as one of their invariants does not hold. What is true it takes
 * from the disks of honest nodes, by way of the inspector of these, and from no proof.
 */
import { assert } from '../../core/assert.ts';
import type { Hash } from '../../core/hash.ts';
import type { NetworkParams } from '../../core/params.ts';
import type { ChainPoint } from '../../core/validation.ts';
import type { Effect, Input, PeerId, RequestId } from '../../protocol/effects.ts';
import { hashAt, headerCount } from '../../protocol/header-run.ts';
import type { CheckedHeader, LightAnswer, LightEffect, LightInput } from '../../protocol/light-effects.ts';
import { confirmConviction } from '../../protocol/light-evidence.ts';
import { FULL_PEERS_MAX, LIGHT_WINDOW_BLOCKS, QUESTIONS_MAX } from '../../protocol/light-limits.ts';
import { HEADERS_PER_MESSAGE_MAX } from '../../protocol/limits.ts';
import type { Message } from '../../protocol/message.ts';
import type { LightObserver, SimulatedLightClient } from '../simulated-light-client.ts';
import type { SimulatedNode } from '../simulated-node.ts';
import type { WorldObserver } from '../world-observer.ts';
import type { Inspector } from './inspector.ts';
import type { Tally } from './invariant.ts';
import { isSame, type KnownBlock } from './known-blocks.ts';

export interface LightInspectorOptions {
  readonly params: NetworkParams;
  /** Knows every block that an honest node has stored. */
  readonly inspector: Inspector;
  readonly honest: readonly PeerId[];
  /** By which codes a liar may be convicted. */
  readonly codesOf: (peer: PeerId) => readonly string[];
}

export class LightInspector implements LightObserver, WorldObserver {
  /** Who was convicted, by which codes. */
  readonly convicted = new Map<PeerId, Set<string>>();
  readonly #options: LightInspectorOptions;
  readonly #tally: Tally;
  readonly #honest: ReadonlySet<PeerId>;
  readonly #clients = new Set<PeerId>();
  readonly #tips = new Map<PeerId, ChainPoint>();
  readonly #asked = new Map<PeerId, Map<RequestId, LightInput & { readonly type: 'asked' }>>();
  /** What honest peers have told each client of, and since when. */
  readonly #shown = new Map<PeerId, Map<PeerId, { readonly work: bigint; readonly sinceMs: number }>>();
  #answerCount = 0;

  constructor(options: LightInspectorOptions) {
    this.#options = options;
    this.#tally = options.inspector.tally;
    this.#honest = new Set(options.honest);
  }

  /** How many questions were answered, and not by a fault. */
  get answerCount(): number {
    return this.#answerCount;
  }

  lightHandled(client: SimulatedLightClient, input: LightInput, effects: readonly LightEffect[], nowMs: number): void {
    const { id, machine } = client;
    this.#clients.add(id);
    if (input.type === 'asked') this.#askedBy(id).set(input.request, input);
    if (input.type === 'message-received') this.#noteShown(id, input.peer, input.message, nowMs);
    if (input.type === 'peer-disconnected') this.#shownTo(id).delete(input.peer);
    for (const effect of effects) this.#checkEffect(id, effect);
    for (const [peer, shown] of this.#shownTo(id)) {
      if (nowMs - shown.sinceMs < GRACE_MS) continue;
      const isFollowed = (machine.tip?.work ?? 0n) >= shown.work;
      this.#tally.check('K-a', id, isFollowed, () => `it does not follow what ${peer} has shown it for a minute`);
      this.#shownTo(id).delete(peer);
    }
    const { headers, questions } = machine.holdings;
    const isBounded = headers <= HEADERS_MAX && questions <= QUESTIONS_MAX && machine.peers.length <= FULL_PEERS_MAX;
    this.#tally.check('K-d', id, isBounded, () => `it holds ${headers} headers and ${questions} questions`);
  }

  /** An honest node has taken an input, and this is what it wants done. */
  handled({ id }: SimulatedNode, _input: Input, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type !== 'report' || effect.code !== 'peer-misbehaved') continue;
      const peer = String(effect.facts['peer']);
      if (!this.#clients.has(peer)) continue;
      this.#tally.check(
        'K-b',
        id,
        false,
        () => `it blames the light client ${peer} for ${String(effect.facts['fault'])}`,
      );
    }
  }

  /** At rest: it follows the tip that the honest nodes have. */
  checkAtRest({ id, machine }: SimulatedLightClient, tip: ChainPoint): void {
    const hash = machine.tip?.hash;
    this.#tally.check('K-a', id, hash === tip.hash, () => `it follows ${hash} where all honest nodes have ${tip.hash}`);
  }

  #checkEffect(id: PeerId, effect: LightEffect): void {
    switch (effect.type) {
      case 'tip-proven':
        return this.#checkPoint(id, effect.point);
      case 'tip-moved': {
        const { from, to } = effect.move;
        const before = this.#tips.get(id);
        this.#tips.set(id, to);
        this.#tally.check('K-a', id, from?.hash === before?.hash, () => 'it forgets what its tip was');
        const isBetter = before === undefined || isBetterPoint(to, before);
        this.#tally.check('K-a', id, isBetter, () => `it leaves ${before?.hash} for ${to.hash}, which is no better`);
        return this.#checkPoint(id, to);
      }
      case 'peer-convicted': {
        const { peer, conviction } = effect;
        const { code } = conviction.fault;
        const codes = this.#honest.has(peer) ? [] : this.#options.codesOf(peer);
        this.#tally.check('K-b', id, codes.includes(code), () => `it convicts ${peer} of ${code}`);
        const isShown = confirmConviction(conviction, this.#options.params);
        this.#tally.check('K-b', id, isShown, () => `its evidence against ${peer} does not show ${code}`);
        const known = this.convicted.get(peer) ?? new Set();
        this.convicted.set(peer, known.add(code));
        return;
      }
      case 'disconnect': {
        const isFair = !this.#honest.has(effect.peer) || !UNFAIR.test(effect.note);
        this.#tally.check('K-b', id, isFair, () => `it hangs up on ${effect.peer}: ${effect.note}`);
        return;
      }
      case 'answered': {
        const asked = this.#askedBy(id).get(effect.request);
        this.#tally.check('K-c', id, asked !== undefined, () => `it answers what nobody asks: ${effect.request}`);
        this.#askedBy(id).delete(effect.request);
        if (asked === undefined || !effect.result.ok) return;
        this.#answerCount++;
        this.#checkAnswer(id, asked, effect.result.value);
        return;
      }
      default:
        return;
    }
  }

  /** An honest peer tells of its tip: the first news that is not followed yet counts from now. */
  #noteShown(id: PeerId, peer: PeerId, message: Message, nowMs: number): void {
    if (!this.#honest.has(peer)) return;
    let hash: Hash | undefined;
    if (message.type === 'hello') hash = message.tip.hash;
    const isHeaders = message.type === 'headers' && message.headers.length > 0;
    if (isHeaders) hash = hashAt(message.headers, headerCount(message.headers) - 1);
    const work = hash === undefined ? undefined : this.#options.inspector.known.find(hash)?.header.work;
    // The first that has not been looked at yet: what comes after it has its own turn.
    if (work !== undefined && !this.#shownTo(id).has(peer)) this.#shownTo(id).set(peer, { work, sinceMs: nowMs });
  }

  #shownTo(id: PeerId): Map<PeerId, { readonly work: bigint; readonly sinceMs: number }> {
    const shown = this.#shown.get(id) ?? new Map();
    this.#shown.set(id, shown);
    return shown;
  }

  /** Whatever is proven is a block that an honest node has stored, with the work that the second judge gives it, or valid by itself. */
  #checkPoint(id: PeerId, { hash, header, work }: ChainPoint): void {
    const known = this.#options.inspector.known.find(hash);
    if (known === undefined) return;
    const isTrue = Number(known.header.height) === header.height && known.header.work === work;
    this.#tally.check('K-a', id, isTrue, () => `it takes ${hash} for block ${header.height} with a work of ${work}`);
  }

  #checkAnswer(id: PeerId, { question }: LightInput & { readonly type: 'asked' }, answer: LightAnswer): void {
    const block = this.#checkHeader(id, answer.header);
    const height = Number(block.header.height);
    const isRight = () => {
      switch (answer.type) {
        case 'header-at':
          return question.type === 'header-at' && question.height === height;
        case 'block':
          return (
            question.type === 'block' && question.height === height && isSame(answer.block.body.bytes, block.bytes)
          );
        case 'entry':
          return question.type === 'entry' && block.ids[answer.proof.index] === question.id;
        case 'extends':
          if (question.type !== 'extends' || question.older.height !== height) return false;
          return answer.doesExtend === (question.older.hash === block.hash);
      }
    };
    this.#tally.check('K-c', id, isRight(), () => `its answer to ${question.type} is wrong`);
  }

  /** The block that an answer is about: it is where the answer says, on the chain that ends in the tip that it names. */
  #checkHeader(id: PeerId, { header, hash, work, tip }: CheckedHeader): KnownBlock {
    const { known } = this.#options.inspector;
    const block = known.find(hash);
    const isTrue = block !== undefined && Number(block.header.height) === header.height && block.header.work === work;
    this.#tally.check('K-c', id, isTrue, () => `it says that ${hash} is block ${header.height}`);
    let below: KnownBlock | undefined = known.find(tip.hash);
    while (below !== undefined && Number(below.header.height) > header.height) {
      below = known.find(below.header.previousHash as Hash);
    }
    this.#tally.check('K-c', id, below?.hash === hash, () => `it says that ${hash} is below ${tip.hash}`);
    assert(block !== undefined, 'a broken invariant ends the run');
    return block;
  }

  #askedBy(id: PeerId): Map<RequestId, LightInput & { readonly type: 'asked' }> {
    const asked = this.#asked.get(id) ?? new Map();
    this.#asked.set(id, asked);
    return asked;
  }
}

function isBetterPoint(one: ChainPoint, other: ChainPoint): boolean {
  return one.work > other.work || (one.work === other.work && one.hash < other.hash);
}

/** The chain that is followed, a branch of each peer, and what comes before it is looked for what can be forgotten. */
const HEADERS_MAX = (FULL_PEERS_MAX + 2) * LIGHT_WINDOW_BLOCKS + 2 * HEADERS_PER_MESSAGE_MAX;

/** Peers that claim the most and show nothing take two seconds each. */
const GRACE_MS = 60_000;

/** For what an honest peer cannot have done. */
const UNFAIR = /^(answers-unasked|hello-|network-other|peer-convicted|peer-light|message-|parent-unknown)/;
