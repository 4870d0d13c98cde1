import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { createGenesis, genesisHash } from './genesis.ts';
import { createParams, DEFAULT_PARAMS } from './params.ts';

test('a network has the hash of its genesis as its name, however often it is asked for', () => {
  for (const params of [DEFAULT_PARAMS, TEST_PARAMS, createParams({ name: 'test', stampBits: 1 })]) {
    assert.equal(genesisHash(params), createGenesis(params).hash);
    assert.equal(genesisHash(params), createGenesis(params).hash);
  }
  assert.notEqual(genesisHash(DEFAULT_PARAMS), genesisHash(TEST_PARAMS));
});
