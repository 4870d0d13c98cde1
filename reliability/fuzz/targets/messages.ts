/** What peers say: every message that is taken says exactly what it said, and keeps to its limits. */
import assert from 'node:assert/strict';
import { createGenesis } from '../../../src/core/genesis.ts';
import { encodeHeader, HEADER_BYTES } from '../../../src/core/header.ts';
import { PROOF_HEADERS_MAX } from '../../../src/core/header-proof.ts';
import { hashLeaf } from '../../../src/core/merkle.ts';
import { DEFAULT_PARAMS } from '../../../src/core/params.ts';
import { genesisPoint } from '../../../src/core/validation.ts';
import { parseEntries } from '../../../src/protocol/entry-batch.ts';
import {
  ADDRESSES_PER_MESSAGE_MAX,
  BLOCK_IDS_MAX,
  BLOCKS_PER_REQUEST_MAX,
  CHAIN_PROOF_BYTES_MAX,
  HEADERS_PER_MESSAGE_MAX,
  IDS_PER_MESSAGE_MAX,
  LOCATOR_HASHES_MAX,
} from '../../../src/protocol/limits.ts';
import { encodeMessage, joinEntries, type Message, parseMessage } from '../../../src/protocol/message.ts';
import { bytesOf, type FuzzTarget, JSON_WORDS, jsonOf, textOf } from '../target.ts';

export const MESSAGES: FuzzTarget = {
  name: 'messages',
  claim:
    'a message that is taken is written and read again as itself, is what JSON.parse sees, and keeps to every limit',
  words: [...JSON_WORDS, ...messageWords()],
  sizeMax: 40_000,
  weight: 4,
  seeds: () => [...examples(), ...tooLong()].map(encodeMessage),
  check(input) {
    const result = parseMessage(input);
    if (!result.ok) return;
    const message = result.value;
    assertWithinLimits(message);
    const written = encodeMessage(message);
    const again = parseMessage(written);
    assert.ok(again.ok, 'what is written can be read');
    assert.deepEqual(again.value, message, 'what is written is what was read');
    assert.deepEqual(encodeMessage(again.value), written, 'it is written one way');
    // Of ledger data nothing is parsed, so the frame around it may hold what is no JSON.
    const fields = jsonOf(textOf(input));
    if (message.type !== 'block' && message.type !== 'entries' && message.type !== 'block-entries') {
      assert.ok(typeof fields === 'object' && fields !== null, 'a message is an object');
    }
    if (typeof fields === 'object' && fields !== null && 'type' in fields) {
      assert.equal(message.type, fields.type, 'a message is of the type that it says');
    }
  },
};

export const ENTRY_BATCH: FuzzTarget = {
  name: 'entry-batch',
  claim: 'entries that are taken make up their message byte for byte, and have the ids of their bytes',
  words: JSON_WORDS,
  sizeMax: 70_000,
  weight: 1,
  seeds: () => ['[]', '[1]', '[{"a":[1,2]},"é",null,[[[]]]]', `[${'1,'.repeat(999)}1]`].map(bytesOf),
  check(input) {
    const limits = { ...DEFAULT_PARAMS, entryBytesMax: 100, depthMax: 3 };
    const result = parseEntries(input, limits);
    if (!result.ok) return;
    const entries = result.value;
    assert.ok(entries.length <= IDS_PER_MESSAGE_MAX, 'a batch has its limit');
    for (const { id, bytes } of entries) {
      assert.ok(bytes.length <= limits.entryBytesMax, 'an entry has its limit');
      assert.equal(id, hashLeaf(bytes), 'an id is the hash of the bytes');
      assert.ok(jsonOf(textOf(bytes)) !== undefined, 'an entry is JSON');
    }
    if (input[0] === ARRAY_OPEN) {
      assert.deepEqual(
        joinEntries(entries.map(({ bytes }) => bytes)),
        Uint8Array.from(input),
        'nothing is lost between',
      );
    } else assert.equal(entries.length, 0, 'what is no array holds no entries');
  },
};

function assertWithinLimits(message: Message): void {
  switch (message.type) {
    case 'headers':
      assert.ok(message.headers.length <= 118 * HEADERS_PER_MESSAGE_MAX && message.headers.length % 118 === 0);
      return;
    case 'get-headers':
      assert.ok(message.locator.length <= LOCATOR_HASHES_MAX);
      return;
    case 'get-blocks':
    case 'not-found':
      assert.ok(message.hashes.length <= BLOCKS_PER_REQUEST_MAX);
      return;
    case 'inventory':
    case 'get-entries':
      assert.ok(message.ids.length <= IDS_PER_MESSAGE_MAX);
      return;
    case 'block-ids':
      assert.ok(message.ids.length <= BLOCK_IDS_MAX && message.ids.every((id) => /^[0-9a-f]{64}$/.test(id)));
      return;
    case 'get-header-proof':
      assert.ok(message.heights.length <= PROOF_HEADERS_MAX);
      assert.ok(message.heights.every((height, i) => height > (message.heights[i - 1] ?? -1)));
      return;
    case 'chain-proof':
      assert.ok(message.proof.length <= CHAIN_PROOF_BYTES_MAX);
      return;
    case 'header-proof':
      assert.ok(message.proof.headers.every(({ bytes }) => bytes.length === HEADER_BYTES));
      return;
    case 'get-block-entries':
      assert.deepEqual(
        message.indexes,
        [...new Set(message.indexes)].sort((a, b) => a - b),
      );
      return;
    case 'hello':
    case 'peers':
      assert.ok(message.addresses.length <= ADDRESSES_PER_MESSAGE_MAX);
      return;
    default:
      return;
  }
}

/** One of each type, and two of some. */
function examples(): Message[] {
  const genesis = createGenesis(DEFAULT_PARAMS);
  const { hash, header } = genesis;
  const { work } = genesisPoint(DEFAULT_PARAMS);
  const arrayBytes = bytesOf('[{"a":1},[],"é"]');
  const block = { tip: hash, headers: [{ bytes: encodeHeader(header), work }], proof: [hash, hash] };
  return [
    {
      type: 'hello',
      genesis: hash,
      network: 'cairn',
      agent: 'cairn/1',
      tip: { hash, height: 0, work },
      addresses: ['/ip4/192.0.2.1/tcp/4001'],
    },
    {
      type: 'hello',
      genesis: hash,
      network: 'cairn',
      agent: 'page/1',
      tip: { hash, height: 0, work },
      addresses: [],
      light: true,
    },
    { type: 'get-chain-proof' },
    { type: 'chain-proof', proof: bytesOf('proof') },
    { type: 'get-header-proof', tip: hash, heights: [0, 7] },
    { type: 'header-proof', proof: block },
    { type: 'get-entry-proof', tip: hash, id: hash },
    { type: 'entry-proof', proof: { id: hash, index: 0, count: 3, shape: 'array', path: [hash], block } },
    { type: 'get-headers', locator: [hash, hash] },
    { type: 'headers', headers: encodeHeader(header) },
    { type: 'headers', headers: new Uint8Array(0) },
    { type: 'get-blocks', hashes: [hash] },
    { type: 'block', hash, bodyBytes: bytesOf('{"data":[1]}') },
    { type: 'get-block-ids', hash },
    { type: 'block-ids', hash, shape: 'array', ids: [hash, header.dataRoot] },
    { type: 'get-block-entries', hash, indexes: [0, 2, 5] },
    { type: 'block-entries', hash, arrayBytes },
    { type: 'not-found', hashes: [hash] },
    { type: 'inventory', ids: [hash] },
    { type: 'get-entries', ids: [hash] },
    { type: 'entries', arrayBytes },
    { type: 'get-peers' },
    { type: 'peers', addresses: ['/dns4/example.org/tcp/1/ws', '/ip6/::1/tcp/2'] },
    { type: 'ping', nonce: 7 },
    { type: 'pong', nonce: Number.MAX_SAFE_INTEGER },
    { type: 'goodbye', code: 'banned', message: 'too many of them' },
  ];
}

/** One more of each than a message may have, where that is not much. */
function tooLong(): Message[] {
  const { hash } = createGenesis(DEFAULT_PARAMS);
  const hashes = (count: number) => Array.from({ length: count }, () => hash);
  return [
    { type: 'get-headers', locator: hashes(LOCATOR_HASHES_MAX + 1) },
    { type: 'get-blocks', hashes: hashes(BLOCKS_PER_REQUEST_MAX + 1) },
    { type: 'not-found', hashes: hashes(BLOCKS_PER_REQUEST_MAX + 1) },
    { type: 'inventory', ids: hashes(IDS_PER_MESSAGE_MAX + 1) },
    { type: 'get-entries', ids: hashes(IDS_PER_MESSAGE_MAX + 1) },
    { type: 'peers', addresses: Array.from({ length: ADDRESSES_PER_MESSAGE_MAX + 1 }, () => '/ip4/192.0.2.1/tcp/1') },
    { type: 'get-block-entries', hash, indexes: [0, 2, 2] },
    { type: 'get-header-proof', tip: hash, heights: Array.from({ length: PROOF_HEADERS_MAX + 1 }, (_, i) => i) },
    { type: 'get-header-proof', tip: hash, heights: [1, 0] },
  ];
}

function messageWords(): string[] {
  const types = examples().map(({ type }) => `"type":"${type}"`);
  return [
    ...types,
    ...['{"data":', '{"entries":', ',"type":"entries"}', ',"type":"block"}', ',"type":"block-entries"}', ',"hash":"'],
    ...['"work":"', '"height":', '"locator":[', '"ids":"', '"indexes":[', 'f'.repeat(64), '4c01', '"shape":"single"'],
  ];
}

const ARRAY_OPEN = 0x5b;
