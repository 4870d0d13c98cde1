import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashBytes } from '../../src/core/hash.ts';
import { encodeMessage, type Message } from '../../src/protocol/message.ts';
import { messageBytes } from './message-bytes.ts';

const hash = hashBytes(new Uint8Array(1));
const ids = Array.from({ length: 7 }, (_, i) => hashBytes(Uint8Array.of(i)));
const arrayBytes = new TextEncoder().encode('[{"a":"ä"},2]');

const MESSAGES: readonly Message[] = [
  {
    type: 'hello',
    genesis: hash,
    network: 'n',
    agent: 'a/1',
    tip: { hash, height: 12, work: 3n ** 60n },
    addresses: ['/ip4/192.0.2.1/tcp/1'],
  },
  { type: 'get-headers', locator: ids },
  { type: 'headers', headers: new Uint8Array(0) },
  { type: 'headers', headers: new Uint8Array(3 * 118) },
  { type: 'get-blocks', hashes: ids },
  { type: 'block', hash, bodyBytes: arrayBytes },
  { type: 'get-block-ids', hash },
  { type: 'block-ids', hash, shape: 'single', ids: ids.slice(0, 1) },
  { type: 'block-ids', hash, shape: 'array', ids },
  { type: 'get-block-entries', hash, indexes: [1, 22, 333] },
  { type: 'block-entries', hash, arrayBytes },
  { type: 'not-found', hashes: ids },
  { type: 'inventory', ids: [] },
  { type: 'inventory', ids: ids.slice(0, 1) },
  { type: 'inventory', ids },
  { type: 'get-entries', ids },
  { type: 'entries', arrayBytes },
  { type: 'get-peers' },
  { type: 'peers', addresses: ['/ip4/192.0.2.1/tcp/1', '/ip4/192.0.2.2/tcp/1'] },
  { type: 'ping', nonce: 1_000 },
  { type: 'pong', nonce: 9 },
  { type: 'goodbye', code: 'peers-full', message: 'ä' },
];

for (const message of MESSAGES) {
  test(`the length of ${message.type} is that of what the codec writes`, () => {
    assert.equal(messageBytes(message), encodeMessage(message).length);
  });
}
