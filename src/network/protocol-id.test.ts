import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOtherNetwork, matchProtocols, protocolId } from './protocol-id.ts';

const OURS = '0a'.repeat(32);
const THEIRS = 'f1'.repeat(32);

const cases: readonly [string, readonly string[], ReturnType<typeof matchProtocols>][] = [
  ['a node of the same network', ['/ipfs/id/1.0.0', protocolId(OURS)], { type: 'same' }],
  ['a node of both networks', [protocolId(THEIRS), protocolId(OURS)], { type: 'same' }],
  ['a node of another network', [protocolId(THEIRS)], { type: 'network-other', genesisHashes: [THEIRS] }],
  ['a newer node', [`/cairn/${OURS}/2`, `/cairn/${OURS}/3`], { type: 'version-other', versions: ['2', '3'] }],
  ['another program', ['/ipfs/id/1.0.0', '/cairn/1'], { type: 'none' }],
  ['one who writes to our terminal', [`/cairn/\u001b[2J${'0'.repeat(60)}/1`], { type: 'none' }],
  ['one who says nothing', [], { type: 'none' }],
];

for (const [name, protocols, expected] of cases) {
  test(`${name} is told by its protocols`, () => {
    assert.deepEqual(matchProtocols(OURS, protocols), expected);
  });
}

test('the message about another network names both in short', () => {
  assert.equal(
    describeOtherNetwork({ address: '/x', networkName: 'lab', genesisHash: OURS, otherGenesisHashes: [THEIRS] }),
    "the node at /x belongs to another network: ours is 'lab' with genesis 0a0a0a0a0a0a…, theirs has genesis f1f1f1f1f1f1…",
  );
});
