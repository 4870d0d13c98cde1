/**
 * A light client of which all that goes in and comes out is held against what is so: the known chains, the bounds, who has
 * lied, and a second client that is told the same.
 */
import assert from 'node:assert/strict';
import { entryIds } from '../../../src/core/body.ts';
import { isBetterTip } from '../../../src/core/fork-choice.ts';
import { encodeHeader } from '../../../src/core/header.ts';
import type { ChainPoint } from '../../../src/core/validation.ts';
import type { PeerId } from '../../../src/protocol/effects.ts';
import { LightClient } from '../../../src/protocol/light-client.ts';
import type { LightAnswer, LightEffect, LightInput, LightQuestion } from '../../../src/protocol/light-effects.ts';
import { confirmConviction } from '../../../src/protocol/light-evidence.ts';
import { FULL_PEERS_MAX } from '../../../src/protocol/light-limits.ts';
import { encodeMessage, type Message, parseMessage } from '../../../src/protocol/message.ts';
import type { Now } from '../../../src/protocol/now.ts';
import { paramsDocument } from '../../../src/simulator/params-document.ts';
import { ChainJudge, type JudgedHeader } from '../../../src/simulator/second-implementation/judge.ts';
import { textOf } from '../../../test/support/effect-text.ts';
import { BLOCKS_BY_HASH, CHAINS, PARAMS } from '../machine/known-chains.ts';

export class WatchedClient {
  /** Whom the client speaks with. */
  readonly sessions = new Set<PeerId>();
  /** What each peer was told, and nobody has taken yet. */
  readonly heard: { readonly peer: PeerId; readonly message: Message }[] = [];
  /** Who has said what no honest peer says. */
  readonly liars = new Set<PeerId>();
  now: Now = { steadyMs: 1_000, unixMs: (PARAMS.genesisTime + 400) * 1000 };
  readonly client: LightClient;
  readonly #windowBlocks: number;
  readonly #open = new Map<number, LightQuestion>();
  readonly #steps: { readonly input: LightInput; readonly now: Now; readonly effects: string }[] = [];
  #requests = 0;

  constructor(windowBlocks: number) {
    this.#windowBlocks = windowBlocks;
    this.client = this.#create();
  }

  ask(question: LightQuestion): void {
    const request = ++this.#requests;
    this.#open.set(request, question);
    this.feed({ type: 'asked', request, question });
  }

  cancel(request: number): void {
    this.#open.delete(request);
    this.feed({ type: 'request-cancelled', request });
  }

  feed(input: LightInput): void {
    const before = this.client.tip;
    if (input.type === 'peer-connected') this.sessions.add(input.peer);
    if (input.type === 'peer-disconnected') this.sessions.delete(input.peer);
    const effects = this.client.handle(input, this.now);
    this.#steps.push({ input, now: this.now, effects: textOf(effects) });
    for (const effect of effects) this.#took(effect);
    const { tip, holdings, peers } = this.client;
    assert.ok(
      tip?.hash === before?.hash || before === undefined || isBetterTip(tip ?? before, before),
      'only for a better',
    );
    if (tip !== undefined && tip.hash !== before?.hash) assertKnown(tip);
    assert.ok(peers.length <= FULL_PEERS_MAX && peers.length <= this.sessions.size, 'peers are bounded');
    assert.ok(holdings.headers <= 8 * this.#windowBlocks + 64, 'headers are bounded');
    assert.ok(holdings.questions <= this.#open.size, 'each open question is somebody’s');
  }

  /** That a client which is told the same at the same times does the same. */
  assertReplays(): void {
    const client = this.#create();
    for (const { input, now, effects } of this.#steps) {
      assert.equal(textOf(client.handle(input, now)), effects, `the same input has the same effects: ${input.type}`);
    }
  }

  #create(): LightClient {
    return new LightClient({ params: PARAMS, agent: 'fuzz/1', windowBlocks: this.#windowBlocks });
  }

  #took(effect: LightEffect): void {
    switch (effect.type) {
      case 'send': {
        const { peer } = effect;
        assert.ok(this.sessions.has(peer), 'what is said is said to somebody who is there');
        const message = parseMessage(encodeMessage(effect.message));
        assert.ok(message.ok, 'what is said is a message');
        this.heard.push({ peer, message: message.value });
        if (this.heard.length > HEARD_MAX) this.heard.shift();
        return;
      }
      case 'disconnect':
        assert.ok(this.sessions.delete(effect.peer), 'who is hung up on was there');
        return;
      case 'tip-proven':
        assertKnown(effect.point);
        return;
      case 'peer-convicted':
        assert.ok(this.liars.has(effect.peer), `${effect.peer} has not lied: ${effect.conviction.fault.code}`);
        return assert.ok(confirmConviction(effect.conviction, PARAMS), 'the evidence shows it');
      case 'answered': {
        const question = this.#open.get(effect.request);
        assert.ok(question !== undefined, 'each question is answered once');
        this.#open.delete(effect.request);
        return effect.result.ok ? assertTrue(effect.result.value, question) : undefined;
      }
      case 'tip-moved':
      case 'peer-judged':
      case 'report':
        return;
    }
  }
}

/** A place is one that the second judge finds valid, with the work that it has. */
function assertKnown({ hash, header, work }: Pick<ChainPoint, 'hash' | 'header' | 'work'>): JudgedHeader {
  // Of the garbled headers one in two has the work that it takes, so there are more blocks than were mined for the chains.
  const judged = JUDGE.header(Buffer.from(encodeHeader(header)).toString('hex'));
  assert.ok(typeof judged !== 'string', `only what is valid is believed: ${String(judged)}`);
  assert.deepEqual([judged.hash, judged.work], [hash, work]);
  return judged;
}

function assertTrue(answer: LightAnswer, question: LightQuestion): void {
  const { header } = answer;
  let below: JudgedHeader | undefined = assertKnown(header.tip);
  while (below !== undefined && below.height > header.header.height) below = below.parent;
  assert.equal(below?.hash, assertKnown(header).hash, 'what is answered is on the chain of the tip');
  assert.equal(answer.type, question.type);
  const block = BLOCKS_BY_HASH.get(header.hash);
  if (answer.type === 'block' && block !== undefined) assert.deepEqual(answer.block.body.bytes, block.body.bytes);
  if (answer.type === 'entry') {
    assert.ok(block !== undefined && question.type === 'entry');
    assert.equal(entryIds(block.body)[answer.proof.index], question.id);
  }
  if (answer.type === 'extends' && question.type === 'extends') {
    assert.equal(answer.doesExtend, header.hash === question.older.hash);
  }
}

const JUDGE = new ChainJudge(paramsDocument(PARAMS));
for (const { points } of CHAINS) for (const point of points) assertKnown(point);

const HEARD_MAX = 64;
