/** That each invariant of light clients can fail: every one is broken here, and has to be named. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildChain, reforge, TEST_PARAMS } from '../../../test/support/chain-fixture.ts';
import { bookOf } from '../../../test/support/lone-client.ts';
import type { Hash } from '../../core/hash.ts';
import { encodeHeader } from '../../core/header.ts';
import { type ChainPoint, genesisPoint } from '../../core/validation.ts';
import type {
  CheckedHeader,
  LightAnswer,
  LightEffect,
  LightInput,
  LightQuestion,
} from '../../protocol/light-effects.ts';
import { tipOf } from '../../protocol/light-tip.ts';
import type { SimulatedLightClient } from '../simulated-light-client.ts';
import type { SimulatedNode } from '../simulated-node.ts';
import { Inspector } from './inspector.ts';
import { InvariantBroken } from './invariant.ts';
import { LightInspector } from './light-inspector.ts';

const CHAIN = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 8, (height) => bodyOf(`"a${height}"`));
const [, , THIRD, , , , , LAST] = CHAIN.points;
assert.ok(THIRD && LAST);
const SOME_HASH = 'ef'.repeat(32) as Hash;
const BAD_PROOF = {
  fault: { code: 'chain-proof-format-unknown', format: 9 },
  evidence: { type: 'chain-proof' },
} as const;

test('what is true breaks nothing', () => {
  const { handle, watch } = play();
  handle(moved(undefined, THIRD));
  handle(moved(THIRD, LAST));
  handle(convicted('liar', Uint8Array.from([9, ...new Uint8Array(99)])));
  handle({ type: 'disconnect', peer: 'honest', note: 'ping-timeout: nothing came' });
  ask(handle, { type: 'header-at', height: 3 });
  handle(answered({ type: 'header-at', header: checked(THIRD) }));
  assert.deepEqual([...(watch.convicted.get('liar') ?? [])], ['chain-proof-format-unknown']);
  assert.equal(watch.answerCount, 1);
});

const BREACHES: readonly {
  readonly what: string;
  readonly invariant: string;
  readonly effects: readonly LightEffect[];
}[] = [
  { what: 'a tip is left for a worse one', invariant: 'K-a', effects: [moved(undefined, LAST), moved(LAST, THIRD)] },
  { what: 'a tip is forgotten', invariant: 'K-a', effects: [moved(undefined, THIRD), moved(undefined, LAST)] },
  { what: 'work is made up', invariant: 'K-a', effects: [moved(undefined, { ...THIRD, work: THIRD.work + 1n })] },
  { what: 'work is proven that is not there', invariant: 'K-a', effects: [proven({ ...THIRD, work: 1n })] },
  { what: 'an honest peer is convicted', invariant: 'K-b', effects: [convicted('honest', Uint8Array.of(9))] },
  { what: 'the evidence shows something else', invariant: 'K-b', effects: [convicted('liar', Uint8Array.of(1))] },
  {
    what: 'an honest peer is hung up on',
    invariant: 'K-b',
    effects: [hungUp('honest', 'answers-unasked: it goes on')],
  },
  {
    what: 'what nobody asked is answered',
    invariant: 'K-c',
    effects: [answered({ type: 'header-at', header: checked(THIRD) })],
  },
];
for (const { what, invariant, effects } of BREACHES) {
  test(`it is noticed where ${what}`, () => {
    const { handle } = play();
    breaks(invariant, () => {
      for (const effect of effects) handle(effect);
    });
  });
}

const BLOCK = CHAIN.blocks[2];
assert.ok(BLOCK);
const FALSE_ANSWERS: readonly { readonly question: LightQuestion; readonly effect: LightEffect }[] = [
  { question: { type: 'header-at', height: 4 }, effect: answered({ type: 'header-at', header: checked(THIRD) }) },
  {
    question: { type: 'header-at', height: 3 },
    effect: answered({ type: 'header-at', header: { ...checked(THIRD), work: 5n } }),
  },
  {
    question: { type: 'header-at', height: 3 },
    effect: answered({ type: 'header-at', header: { ...checked(THIRD), hash: SOME_HASH } }),
  },
  {
    question: { type: 'header-at', height: 8 },
    effect: answered({ type: 'header-at', header: { ...checked(LAST), tip: THIRD } }),
  },
  {
    question: { type: 'block', height: 3, hash: undefined },
    effect: answered({
      type: 'block',
      header: checked(THIRD),
      peer: 'liar',
      block: reforge(BLOCK, {}, bodyOf('"other"')),
    }),
  },
  {
    question: { type: 'extends', older: { hash: SOME_HASH, height: 3 } },
    effect: answered({ type: 'extends', doesExtend: true, header: checked(THIRD) }),
  },
  {
    question: { type: 'extends', older: { hash: THIRD.hash, height: 4 } },
    effect: answered({ type: 'extends', doesExtend: true, header: checked(THIRD) }),
  },
];
for (const [i, { question, effect }] of FALSE_ANSWERS.entries()) {
  test(`a false answer to ${question.type} is noticed: ${i + 1}`, () => {
    const { handle } = play();
    ask(handle, question);
    breaks('K-c', () => handle(effect));
  });
}

test('it is noticed where an entry is shown at a place that another one has', () => {
  const { handle } = play();
  const [proof] = bookOf(CHAIN).answers({ type: 'get-entry-proof', tip: LAST.hash, id: SOME_HASH });
  assert.equal(proof?.type, 'not-found');
  ask(handle, { type: 'entry', id: SOME_HASH });
  const block = { tip: LAST.hash, headers: [], proof: [] };
  const shown = { id: SOME_HASH, index: 0, count: 1, shape: 'array', path: [], block } as const;
  breaks('K-c', () => handle(answered({ type: 'entry', proof: shown, header: checked(THIRD) })));
});

test('it is noticed where a better tip that an honest peer has told of is not followed', () => {
  const { handle, at } = play();
  handle(moved(undefined, THIRD));
  handle({ type: 'report', level: 'info', code: 'nothing', facts: {} }, told('honest', LAST));
  at(59_000);
  handle(moved(THIRD, CHAIN.points[3] as ChainPoint));
  at(61_000);
  breaks('K-a', () => handle(hungUp('liar', 'closed')));
});

test('a liar may tell of whatever it likes, and who has left is not waited for', () => {
  const { handle, at } = play();
  handle(moved(undefined, THIRD), told('liar', LAST));
  handle(hungUp('liar', 'closed'), told('honest', LAST));
  handle(hungUp('liar', 'closed'), { type: 'peer-disconnected', peer: 'honest', reason: 'closed' });
  at(61_000);
  handle(hungUp('liar', 'closed'));
});

test('it is noticed where a client holds more than it may', () => {
  const { handle } = play({ headers: 60_000, questions: 0, convicts: 0 });
  breaks('K-d', () => handle(hungUp('liar', 'closed')));
});

test('it is noticed where a client at rest has another tip, and where a node blames a client', () => {
  const { handle, client, watch } = play();
  handle(hungUp('liar', 'closed'));
  breaks('K-a', () => watch.checkAtRest(client, LAST));
  const facts = { peer: 'light', fault: 'message-not-json', score: -50 };
  const report = { type: 'report', level: 'warn', code: 'peer-misbehaved', facts } as const;
  breaks('K-b', () => watch.handled({ id: 'honest' } as SimulatedNode, { type: 'tick' }, [report]));
});

/** A client that does whatever the test says, and an inspector that knows the chain. */
function play(holdings = { headers: 1, questions: 0, convicts: 0 }) {
  const inspector = new Inspector({ params: TEST_PARAMS, honest: ['honest'] });
  for (const block of CHAIN.blocks) inspector.known.take(block);
  const codesOf = (peer: string) => (peer === 'liar' ? ['chain-proof-format-unknown'] : []);
  const watch = new LightInspector({ params: TEST_PARAMS, inspector, honest: ['honest'], codesOf });
  const machine: { tip?: ChainPoint; holdings: typeof holdings; peers: [] } = { holdings, peers: [] };
  // All that is looked at of a client.
  const client = { id: 'light', machine } as unknown as SimulatedLightClient;
  let nowMs = 0;
  const handle = (effect: LightEffect, input: LightInput = { type: 'tick' }) => {
    if (effect.type === 'tip-moved') machine.tip = effect.move.to;
    watch.lightHandled(client, input, [effect], nowMs);
  };
  const at = (ms: number) => {
    nowMs = ms;
  };
  return { handle, watch, client, at };
}

function ask(handle: (effect: LightEffect, input: LightInput) => void, question: LightQuestion): void {
  handle({ type: 'report', level: 'info', code: 'nothing', facts: {} }, { type: 'asked', request: 1, question });
}

function breaks(invariant: string, run: () => void): void {
  assert.throws(run, (error) => error instanceof InvariantBroken && error.invariant === invariant);
}

function moved(from: ChainPoint | undefined, to: ChainPoint): LightEffect {
  const move = { from: from === undefined ? undefined : tipOf(from), to, forkHeight: undefined, peer: 'honest' };
  return { type: 'tip-moved', move };
}

function proven(point: ChainPoint): LightEffect {
  return { type: 'tip-proven', peer: 'honest', point, report: { method: 'headers', headers: 3 } };
}

function convicted(peer: string, proof: Uint8Array): LightEffect {
  const { fault, evidence } = BAD_PROOF;
  return { type: 'peer-convicted', peer, conviction: { fault, evidence: { ...evidence, proof } } };
}

function hungUp(peer: string, note: string): LightEffect {
  return { type: 'disconnect', peer, note };
}

function answered(value: LightAnswer): LightEffect {
  return { type: 'answered', request: 1, result: { ok: true, value } };
}

function checked({ header, hash, work }: ChainPoint): CheckedHeader {
  return { header, hash, work, proof: undefined, peer: undefined, tip: LAST as ChainPoint };
}

function told(peer: string, { header }: ChainPoint): LightInput {
  return { type: 'message-received', peer, message: { type: 'headers', headers: encodeHeader(header) } };
}
