/** What comes in at the probe socket: requests, replies, candidate chains, and blocks from files. */
import assert from 'node:assert/strict';
import { RPC_METHODS } from '../../../src/api/rpc.ts';
import { readBlockParts } from '../../../src/cli/block-parts.ts';
import { CommandError } from '../../../src/cli/command-error.ts';
import { isWellFormedJson, type JsonText } from '../../../src/core/json-text.ts';
import { CandidateBrokenError, CandidateChain } from '../../../src/probe/candidate-chain.ts';
import { FrameSource } from '../../../src/probe/frame-source.ts';
import {
  errorText,
  nestsDeeper,
  notificationText,
  parseReply,
  parseRequest,
  RESULT_SUFFIX,
  resultPrefix,
} from '../../../src/probe/rpc-message.ts';
import { encodeFrame } from '../../../src/protocol/frame.ts';
import { ByteChoices } from '../byte-choices.ts';
import { bytesOf, type FuzzTarget, JSON_WORDS, jsonOf, textOf } from '../target.ts';
import { piecesOf } from './json-text.ts';

export const RPC_REQUEST: FuzzTarget = {
  name: 'rpc-request',
  claim:
    'a request that is taken has the parameters that JSON.parse finds; any other is answered with an error that is JSON',
  words: [
    ...JSON_WORDS,
    ...Object.keys(RPC_METHODS).map((method) => `"method":"${method}"`),
    '"id":',
    '"jsonrpc":"2.0"',
    '"params":{',
  ],
  sizeMax: 20_000,
  weight: 2,
  seeds: () =>
    [
      '{"id":1,"jsonrpc":"2.0","method":"append","params":{"entries":[{"a":1},"x"]}}',
      '{"id":"a","jsonrpc":"2.0","method":"block","params":{"height":0}}',
      '{"jsonrpc":"2.0","method":"status"}',
      '{"id":null,"jsonrpc":"2.0","method":"none","params":{}}',
    ].map(bytesOf),
  check(input) {
    const text = textOf(input);
    if (text === undefined) return;
    const request = parseRequest(text);
    const value = jsonOf(text);
    if (!request.ok) {
      if (request.fault.code === 'json-syntax') assert.equal(value, undefined, 'JSON has the syntax of JSON');
      else if (request.fault.id !== undefined) {
        const answer = jsonOf(errorText(request.fault.id, request.fault.error));
        assert.ok(typeof answer === 'object' && answer !== null, 'the answer is JSON');
        assert.ok(parseReply(errorText('null', request.fault.error)) !== undefined, 'and one that a client reads');
      }
      return;
    }
    const { id, method, params } = request.value;
    assert.ok(typeof value === 'object' && value !== null, 'a request is an object');
    const parsed: Readonly<Record<string, unknown>> = { ...value };
    assert.ok(method === parsed['method'] && Object.hasOwn(RPC_METHODS, method), 'its method is one that there is');
    assert.deepEqual(id === undefined ? undefined : jsonOf(id), parsed['id'], 'its id is the one it has');
    const given: object = parsed['params'] ?? {};
    assert.deepEqual([...params.keys()].sort(), Object.keys(given).sort(), 'its parameters are those it has');
    for (const [name, member] of params) {
      assert.deepEqual(jsonOf(member), Object.getOwnPropertyDescriptor(given, name)?.value, `${name} says the same`);
    }
    if (id !== undefined) {
      const reply = jsonOf(`${resultPrefix(id)}[]${RESULT_SUFFIX}`);
      assert.deepEqual(reply, { id: parsed['id'], jsonrpc: '2.0', result: [] }, 'it can be answered to');
    }
  },
};

export const RPC_REPLY: FuzzTarget = {
  name: 'rpc-reply',
  claim:
    'a reply that is taken is an answer, an error or a notification that JSON.parse sees the same, and is passed on as it is spelt',
  words: [
    ...JSON_WORDS,
    '"id":',
    '"jsonrpc":"2.0"',
    '"result":',
    '"error":{',
    '"code":-32000',
    '"message":""',
    '"data":{"code":""}',
    '"method":"event"',
    '"params":',
  ],
  sizeMax: 20_000,
  weight: 1,
  seeds: () =>
    [
      '{"id":1,"jsonrpc":"2.0","result":{"__proto__":[1]}}',
      '{"error":{"code":-32000,"data":{"code":"x"},"message":"m"},"id":null,"jsonrpc":"2.0"}',
      notificationText('event', '{"event":{}}'),
    ].map(bytesOf),
  check(input) {
    const text = textOf(input);
    const reply = parseReply(text ?? '');
    if (reply === undefined) return;
    const value = jsonOf(text);
    assert.ok(typeof value === 'object' && value !== null, 'a reply is an object');
    const parsed: Readonly<Record<string, unknown>> = { ...value };
    if (reply.type === 'notification')
      assert.deepEqual(jsonOf(reply.params), parsed['params'], 'parameters say the same');
    else assert.equal(reply.id, parsed['id'] ?? null, 'it answers what it says');
    if (reply.type === 'result') assert.deepEqual(jsonOf(reply.result), parsed['result'], 'the result says the same');
    if (reply.type === 'error') assert.equal(typeof reply.error.data.code, 'string', 'an error has a code');
  },
};

export const NESTING: FuzzTarget = {
  name: 'nesting',
  claim: 'JSON nests as deep as its reader counts',
  words: JSON_WORDS,
  sizeMax: 5_000,
  weight: 0.5,
  seeds: () => ['[[[[]]]]', '{"a":[{"b":"[[[["}]}', '["\\"[["]'].map(bytesOf),
  check(input) {
    const text = textOf(input) ?? '';
    if (!isWellFormedJson(text, { depthMax: 500 })) return;
    for (const depth of [0, 1, 2, 3, 5]) {
      const isWithin = isWellFormedJson(text, { depthMax: depth });
      assert.equal(nestsDeeper(text as JsonText, depth), !isWithin, `nests deeper than ${depth}`);
    }
  },
};

export const CANDIDATE_CHAIN: FuzzTarget = {
  name: 'candidate-chain',
  claim: 'a chain that arrives in any pieces is the blocks of its array, and comes to its end only if it is all JSON',
  words: JSON_WORDS,
  sizeMax: 10_000,
  weight: 1,
  seeds: () =>
    ['[]', '[{"index":0},{"index":1}]', '[[[]], 1 ,"x"]'].map((text) =>
      Buffer.concat([Buffer.of(0, 3, 5, 2), bytesOf(text)]),
    ),
  async check(input) {
    const choices = new ByteChoices(input);
    const isCutOff = choices.integer(7) === 1;
    const sizes = [choices.integer(255), choices.integer(255), choices.integer(255)];
    const bytes = choices.rest();
    const isCut = isCutOff && bytes.length > 0;
    const frame = encodeFrame(bytes);
    const pieces = piecesOf(isCut ? frame.subarray(0, frame.length - 1) : frame, sizes);
    const source = new FrameSource(async () => pieces.shift());
    await source.nextMessage();
    const chain = new CandidateChain(source, new Uint8Array(0));
    const blocks: unknown[] = [];
    let isWhole = true;
    try {
      for await (const block of chain.blocks()) {
        assert.ok(jsonOf(block) !== undefined, 'a block is JSON');
        blocks.push(jsonOf(block));
      }
    } catch (error) {
      if (!(error instanceof CandidateBrokenError)) throw error;
      assert.equal(error.code, chain.fault, 'the fault is told');
      if (isCut) return;
      isWhole = false;
    }
    const value = jsonOf(textOf(bytes));
    if (isWhole) assert.deepEqual(blocks, value, 'its blocks are those of the array');
    else
      assert.ok(
        !Array.isArray(value) || chain.fault === 'block-too-deep',
        `an array of JSON is taken whole: ${chain.fault}`,
      );
  },
};

export const BLOCK_PARTS: FuzzTarget = {
  name: 'block-parts',
  claim: 'an exported chain is read alike in any pieces, as an array or as lines, or refused with a sentence',
  words: [...JSON_WORDS, '}\n{', '\n\n'],
  sizeMax: 5_000,
  weight: 0.5,
  seeds: () =>
    ['[{"index":0},{"index":1}]', '{"index":0}\n{"index":1}\n', ' \n[1]'].map((text) =>
      Buffer.concat([Buffer.of(3, 5, 2), bytesOf(text)]),
    ),
  async check(input) {
    const choices = new ByteChoices(input);
    const sizes = [choices.integer(255), choices.integer(255), choices.integer(255)];
    const bytes = choices.rest();
    const whole = await readParts([bytes]);
    const inPieces = await readParts(piecesOf(bytes, sizes));
    // White space before the rest is passed over whole where a piece ends behind it, and the first word decides.
    assert.deepEqual(inPieces, whole, 'pieces change nothing');
  },
};

/** The blocks, or the code of the refusal. */
async function readParts(chunks: readonly Uint8Array[]): Promise<unknown> {
  const blocks: string[] = [];
  async function* source() {
    yield* chunks;
  }
  try {
    for await (const part of readBlockParts(source())) blocks.push(...part.blocks);
    return blocks.map(jsonOf);
  } catch (error) {
    if (error instanceof CommandError) return error.code;
    throw error;
  }
}
