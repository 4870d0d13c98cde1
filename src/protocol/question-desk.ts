/**
 * What is asked about the chain that a light client follows, until it is answered (docs/spec/light-client.md#questions).
 *
 * A question goes to one peer after the other, of those whose tip is on the chain, and the answer is held against that tip. An
 * answer that cannot be true convicts who gave it; one that does not come is asked of the next peer.
 */
import { assert, assertNever, assertPresent } from '../core/assert.ts';
import { type EntryProof, verifyEntryProof } from '../core/entry-proof.ts';
import type { Hash } from '../core/hash.ts';
import { encodeHeader } from '../core/header.ts';
import { type HeaderProof, verifyHeaderProof } from '../core/header-proof.ts';
import type { NetworkParams } from '../core/params.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { validateBody } from '../core/validation.ts';
import type { PeerId, RequestId } from './effects.ts';
import type { LightChain, LightNode } from './light-chain.ts';
import type { CheckedHeader, LightAnswer, LightEffect, LightQuestion, QuestionFault } from './light-effects.ts';
import { QUESTION_PATIENCE_MS, QUESTION_TIMEOUT_MS, QUESTIONS_MAX, QUESTIONS_PER_PEER_MAX } from './light-limits.ts';
import type { LightSession } from './light-session.ts';
import type { Message } from './message.ts';
import type { LightOutcome } from './tip-search.ts';

/** Who wants to know: the user, or this client itself, of the tip that a peer has shown. */
type Asker =
  | { readonly type: 'user'; readonly request: RequestId }
  | { readonly type: 'client'; readonly peer: PeerId };

interface OpenQuestion {
  readonly asker: Asker;
  readonly question: LightQuestion;
  readonly askedMs: number;
  /** Of a block whose body is still to come. */
  header: CheckedHeader | undefined;
  /** Whom it is with. */
  errand: Errand | undefined;
  /** Who was asked, and what his tip was then: with another one, he may know more. */
  readonly tried: Map<PeerId, Hash>;
  /** How many of these do not have the entry. */
  missingCount: number;
}

/** A question on its way to a peer and back. */
interface Errand {
  readonly peer: PeerId;
  readonly message: Message;
  /** The tip that the answer is held against. */
  readonly tip: LightNode;
  readonly sinceMs: number;
}

export class QuestionDesk {
  readonly #chain: LightChain;
  readonly #params: NetworkParams;
  readonly #peers: ReadonlyMap<PeerId, LightSession>;
  readonly #open = new Set<OpenQuestion>();

  constructor(options: {
    readonly chain: LightChain;
    readonly params: NetworkParams;
    readonly peers: ReadonlyMap<PeerId, LightSession>;
  }) {
    this.#chain = options.chain;
    this.#params = options.params;
    this.#peers = options.peers;
  }

  /** How many questions are open, without this client's own. */
  get openCount(): number {
    return [...this.#open].filter(({ asker }) => asker.type === 'user').length;
  }

  /** Somebody asks. What is to be done about it, `proceed` says. */
  ask(request: RequestId, question: LightQuestion, nowMs: number): LightEffect[] {
    if (this.openCount >= QUESTIONS_MAX) {
      return [{ type: 'answered', request, result: fail({ code: 'questions-full', limit: QUESTIONS_MAX }) }];
    }
    this.#take({ type: 'user', request }, question, nowMs);
    return [];
  }

  /** Finds out whether the tip of a peer is on the chain, where that is too far down to be seen: in `peer.placed`. */
  place(peer: LightSession, tip: LightNode, nowMs: number): void {
    if (nowMs < peer.placeNotBeforeMs) return;
    peer.placeNotBeforeMs = nowMs + QUESTION_TIMEOUT_MS;
    const { hash, header } = tip.point;
    this.#take({ type: 'client', peer: peer.id }, { type: 'extends', older: { hash, height: header.height } }, nowMs);
  }

  cancel(request: RequestId): void {
    for (const open of this.#open) {
      if (open.asker.type === 'user' && open.asker.request === request) this.#open.delete(open);
    }
  }

  peerGone(peer: PeerId): void {
    for (const open of this.#open) {
      if (open.asker.type === 'client' && open.asker.peer === peer) this.#open.delete(open);
      if (open.errand?.peer === peer) open.errand = undefined;
    }
  }

  headerProofReceived(peer: LightSession, proof: HeaderProof): LightOutcome {
    const asked = this.#errandsOf(peer, 'get-header-proof').filter(({ tip }) => tip.point.hash === proof.tip);
    const tip = asked[0]?.tip;
    if (tip === undefined) return UNASKED;
    const verified = verifyHeaderProof(proof, tip.point.header);
    if (!verified.ok) {
      const evidence = { type: 'header-proof', tip: encodeHeader(tip.point.header), proof } as const;
      return { effects: [], verdict: { type: 'lie', conviction: { fault: verified.fault, evidence } } };
    }
    const [shown] = verified.value;
    const meant = asked.filter(({ open }) => shown !== undefined && heightOf(open.question) === shown.header.height);
    if (shown === undefined || meant.length === 0) return UNASKED;
    const { header, hash, work } = shown;
    return this.#answered(meant, (open) => {
      return this.#headerKnown(open, { header, hash, work, proof, peer: peer.id, tip: tip.point });
    });
  }

  entryProofReceived(peer: LightSession, proof: EntryProof): LightOutcome {
    const asked = this.#errandsOf(peer, 'get-entry-proof').filter(({ open: { question }, tip }) => {
      return question.type === 'entry' && question.id === proof.id && tip.point.hash === proof.block.tip;
    });
    const tip = asked[0]?.tip;
    if (tip === undefined) return UNASKED;
    const verified = verifyEntryProof(proof, tip.point.header);
    if (!verified.ok) {
      const evidence = { type: 'entry-proof', tip: encodeHeader(tip.point.header), proof } as const;
      return { effects: [], verdict: { type: 'lie', conviction: { fault: verified.fault, evidence } } };
    }
    const { header, hash } = verified.value;
    const work = proof.block.headers[0]?.work ?? tip.point.work;
    const checked = { header, hash, work, proof: proof.block, peer: peer.id, tip: tip.point };
    return this.#answered(asked, (open) => this.#settle(open, ok({ type: 'entry', proof, header: checked })));
  }

  blockReceived(peer: LightSession, hash: Hash, bodyBytes: Uint8Array): LightOutcome {
    const asked = this.#errandsOf(peer, 'get-blocks').filter(({ open }) => open.header?.hash === hash);
    const checked = asked[0]?.open.header;
    if (checked === undefined) return UNASKED;
    const block = validateBody(checked, bodyBytes, this.#params);
    if (!block.ok) {
      const evidence = { type: 'body', header: encodeHeader(checked.header), bodyBytes } as const;
      return { effects: [], verdict: { type: 'lie', conviction: { fault: block.fault, evidence } } };
    }
    const answer = { type: 'block', header: checked, block: block.value, peer: peer.id } as const;
    return this.#answered(asked, (open) => this.#settle(open, ok(answer)));
  }

  /** Whether any of these was asked of the peer: it does not have it. */
  notFound(peer: LightSession, hashes: readonly Hash[]): boolean {
    let wasAsked = false;
    for (const open of this.#open) {
      const { errand, question } = open;
      if (errand?.peer !== peer.id || !wasAskedFor(errand.message, hashes)) continue;
      wasAsked = true;
      if (question.type === 'entry' && hashes.includes(question.id)) open.missingCount++;
      open.errand = undefined;
    }
    return wasAsked;
  }

  /** What there is to ask and to answer now. */
  proceed(nowMs: number): LightEffect[] {
    const loads = new Map<PeerId, number>();
    for (const { errand } of this.#open) {
      if (errand !== undefined) loads.set(errand.peer, (loads.get(errand.peer) ?? 0) + 1);
    }
    return [...this.#open].flatMap((open) => this.#advance(open, loads, nowMs));
  }

  #take(asker: Asker, question: LightQuestion, askedMs: number): void {
    const none = { header: undefined, errand: undefined, missingCount: 0 };
    this.#open.add({ asker, question, askedMs, tried: new Map(), ...none });
  }

  /** The open questions that a peer was asked in messages of this type. */
  #errandsOf(peer: LightSession, type: Message['type']): { readonly open: OpenQuestion; readonly tip: LightNode }[] {
    return [...this.#open].flatMap((open) => {
      const { errand } = open;
      return errand?.peer === peer.id && errand.message.type === type ? [{ open, tip: errand.tip }] : [];
    });
  }

  /** The answer to these has come. Where the chain has moved to another branch meanwhile, it is asked again. */
  #answered(
    asked: readonly { readonly open: OpenQuestion; readonly tip: LightNode }[],
    goOn: (open: OpenQuestion) => LightEffect[],
  ): LightOutcome {
    const effects: LightEffect[] = [];
    for (const { open, tip } of asked) {
      open.errand = undefined;
      if (this.#chain.isOnChain(tip) === true) effects.push(...goOn(open));
    }
    return { effects, verdict: undefined };
  }

  /** `loads`: with how many questions each peer is busy. */
  #advance(open: OpenQuestion, loads: Map<PeerId, number>, nowMs: number): LightEffect[] {
    const { tip } = this.#chain;
    if (nowMs - open.askedMs > QUESTION_TIMEOUT_MS) return this.#giveUp(open);
    if (open.errand !== undefined && nowMs - open.errand.sinceMs > QUESTION_PATIENCE_MS) open.errand = undefined;
    if (tip === undefined || open.errand !== undefined) return [];
    if (open.header === undefined) {
      const height = heightOf(open.question);
      const tipHeight = tip.point.header.height;
      if (height !== undefined && !(Number.isInteger(height) && height >= 0 && height <= tipHeight)) {
        return this.#settle(open, fail({ code: 'height-not-on-chain', height, tipHeight }));
      }
      const node = height === undefined ? undefined : this.#chain.at(height);
      const effects = node === undefined ? [] : this.#headerKnown(open, judgedHeader(node, tip));
      if (!this.#open.has(open)) return effects;
    }
    return this.#sendOut(open, loads, nowMs);
  }

  /** The header that a question is about is known, and on the chain. */
  #headerKnown(open: OpenQuestion, header: CheckedHeader): LightEffect[] {
    const { question } = open;
    assert(question.type !== 'entry', 'where an entry stands is not asked by height');
    switch (question.type) {
      case 'header-at':
        return this.#settle(open, ok({ type: 'header-at', header }));
      case 'extends':
        return this.#settle(open, ok({ type: 'extends', doesExtend: header.hash === question.older.hash, header }));
      case 'block': {
        const { hash } = question;
        if (hash !== undefined && hash !== header.hash) {
          return this.#settle(open, fail({ code: 'block-not-on-chain', hash, there: header.hash }));
        }
        open.header = header;
        // Who had no proof of the header may have the body.
        open.tried.clear();
        return [];
      }
      default:
        return assertNever(question);
    }
  }

  /** Asks the next peer; gives up where none is left. */
  #sendOut(open: OpenQuestion, loads: Map<PeerId, number>, nowMs: number): LightEffect[] {
    const able = this.#ableToAnswer(open);
    const next = able.find(({ peer }) => (loads.get(peer.id) ?? 0) < QUESTIONS_PER_PEER_MAX);
    if (next === undefined) {
      // Who could not answer of late may be able to in a moment, when its tip has moved with ours.
      const isOver = able.length === 0 && open.tried.size > 0;
      const isSettled = open.missingCount === open.tried.size || nowMs - open.askedMs > QUESTION_PATIENCE_MS;
      return isOver && isSettled ? this.#giveUp(open) : [];
    }
    const { peer, tip } = next;
    const message = messageFor(open, tip.point.hash);
    open.tried.set(peer.id, tip.point.hash);
    peer.questionsAsked++;
    loads.set(peer.id, (loads.get(peer.id) ?? 0) + 1);
    open.errand = { peer: peer.id, message, tip, sinceMs: nowMs };
    return [{ type: 'send', peer: peer.id, message }];
  }

  /** Who could answer and was not asked yet: first who has shown the header, then the highest tip, then who was asked the least. */
  #ableToAnswer(open: OpenQuestion): { readonly peer: LightSession; readonly tip: LightNode }[] {
    // A header is shown to be below a tip; a body has who has the block.
    const heightMin = open.header?.header.height ?? (heightOf(open.question) ?? 0) + 1;
    const able: { readonly peer: LightSession; readonly tip: LightNode }[] = [];
    for (const peer of this.#peers.values()) {
      const { shown: tip } = peer;
      if (tip === undefined || tip.point.header.height < heightMin) continue;
      if (open.tried.get(peer.id) === tip.point.hash || this.#chain.isOnChain(tip) !== true) continue;
      able.push({ peer, tip });
    }
    const giver = open.header?.peer;
    return able.sort((one, other) => {
      if (one.peer.id === giver || other.peer.id === giver) return one.peer.id === giver ? -1 : 1;
      const higher = other.tip.point.header.height - one.tip.point.header.height;
      return higher === 0 ? one.peer.questionsAsked - other.peer.questionsAsked : higher;
    });
  }

  /** Nobody has given an answer that holds. */
  #giveUp(open: OpenQuestion): LightEffect[] {
    const peersAsked = open.tried.size;
    if (this.#chain.tip === undefined) return this.#settle(open, fail({ code: 'tip-unknown' }));
    if (open.missingCount > 0) return this.#settle(open, fail({ code: 'entry-not-shown', peersAsked }));
    return this.#settle(open, fail({ code: 'question-unanswered', peersAsked }));
  }

  #settle(open: OpenQuestion, result: Result<LightAnswer, QuestionFault>): LightEffect[] {
    this.#open.delete(open);
    const { asker } = open;
    if (asker.type === 'user') return [{ type: 'answered', request: asker.request, result }];
    const peer = this.#peers.get(asker.peer);
    if (peer !== undefined && open.question.type === 'extends' && result.ok && result.value.type === 'extends') {
      peer.placed = { hash: open.question.older.hash, isOnChain: result.value.doesExtend };
    }
    return [];
  }
}

/** The message that asks a peer whose tip is `tip`. */
function messageFor({ question, header }: OpenQuestion, tip: Hash): Message {
  if (question.type === 'entry') return { type: 'get-entry-proof', tip, id: question.id };
  if (header !== undefined) return { type: 'get-blocks', hashes: [header.hash] };
  const height = assertPresent(heightOf(question), 'all questions but those for entries are about a height');
  return { type: 'get-header-proof', tip, heights: [height] };
}

/** Whether one of `hashes` is what `message` asks for, or what it is to be shown under. */
function wasAskedFor(message: Message, hashes: readonly Hash[]): boolean {
  switch (message.type) {
    case 'get-header-proof':
      return hashes.includes(message.tip);
    case 'get-entry-proof':
      return hashes.includes(message.tip) || hashes.includes(message.id);
    case 'get-blocks':
      return message.hashes.some((hash) => hashes.includes(hash));
    default:
      return false;
  }
}

/** The height of the header that a question is about, where it says so. */
function heightOf(question: LightQuestion): number | undefined {
  if (question.type === 'entry') return undefined;
  return question.type === 'extends' ? question.older.height : question.height;
}

function judgedHeader({ point }: LightNode, tip: LightNode): CheckedHeader {
  const { header, hash, work } = point;
  return { header, hash, work, proof: undefined, peer: undefined, tip: tip.point };
}

const UNASKED: LightOutcome = { effects: [], verdict: { type: 'unasked' } };
