import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_GENESIS_HASH } from './gateway-nodes.ts';
import { chooseTrust } from './trust-root.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const nodes = (...offers: readonly (string | undefined)[]) => offers.map((genesis, i) => ({ port: 5001 + i, genesis }));

test('the first visit takes what the first node names, and says so', () => {
  assert.deepEqual(chooseTrust(undefined, nodes(undefined, A, B)), { genesisHash: A, origin: 'first-use', offered: A });
});

test('the default network is known by itself, and preferred', () => {
  const trust = { genesisHash: DEFAULT_GENESIS_HASH, origin: 'built-in', offered: DEFAULT_GENESIS_HASH };
  assert.deepEqual(chooseTrust(undefined, nodes(A, DEFAULT_GENESIS_HASH)), trust);
});

test('what is remembered stays, whatever is named later', () => {
  const remembered = { genesisHash: A, isSet: false };
  assert.deepEqual(chooseTrust(remembered, nodes(B)), { genesisHash: A, origin: 'first-use', offered: B });
  assert.deepEqual(chooseTrust(remembered, nodes(B, A)), { genesisHash: A, origin: 'first-use', offered: A });
  const builtIn = { genesisHash: DEFAULT_GENESIS_HASH, isSet: false };
  assert.equal(chooseTrust(builtIn, nodes(B))?.origin, 'built-in');
});

test('what the user put in is theirs, though it be the default', () => {
  const remembered = { genesisHash: DEFAULT_GENESIS_HASH, isSet: true };
  assert.deepEqual(chooseTrust(remembered, []), {
    genesisHash: DEFAULT_GENESIS_HASH,
    origin: 'set',
    offered: undefined,
  });
});

test('where nobody names anything there is nothing to trust yet', () => {
  assert.equal(chooseTrust(undefined, nodes(undefined)), undefined);
});
