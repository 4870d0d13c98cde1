import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Reading, readSearch } from './search-query.ts';

const KNOWN = { ports: [5001, 5002], tipHeight: 9_000 };
const AUTHOR = `did:key:z6Mk${'a'.repeat(44)}`;
const HASH = 'ab'.repeat(32);

describe('a search', () => {
  const cases: readonly [string, readonly Reading[]][] = [
    ['', []],
    ['   ', []],
    [
      '12',
      [
        { type: 'block-at', height: 12 },
        { type: 'text', text: '12' },
      ],
    ],
    [
      '#1,234',
      [
        { type: 'block-at', height: 1_234 },
        { type: 'text', text: '#1,234' },
      ],
    ],
    [
      ' Block 7 ',
      [
        { type: 'block-at', height: 7 },
        { type: 'text', text: 'Block 7' },
      ],
    ],
    ['9001', [{ type: 'text', text: '9001' }]],
    [
      '5001',
      [
        { type: 'node', port: 5001 },
        { type: 'block-at', height: 5_001 },
        { type: 'text', text: '5001' },
      ],
    ],
    [
      'node 5002',
      [
        { type: 'node', port: 5002 },
        { type: 'text', text: 'node 5002' },
      ],
    ],
    ['node 5003', [{ type: 'text', text: 'node 5003' }]],
    [
      `0x${HASH.toUpperCase()}`,
      [
        { type: 'hash', hash: HASH },
        { type: 'text', text: `0x${HASH.toUpperCase()}` },
      ],
    ],
    [
      AUTHOR,
      [
        { type: 'author', did: AUTHOR },
        { type: 'text', text: AUTHOR },
      ],
    ],
    ['did:key:z6Mk', [{ type: 'text', text: 'did:key:z6Mk' }]],
    ['left-pad', [{ type: 'text', text: 'left-pad' }]],
    ['x'.repeat(257), []],
  ];
  for (const [text, readings] of cases) {
    it(`for ${JSON.stringify(text.slice(0, 20))} may mean ${readings.map(({ type }) => type).join(', ') || 'nothing'}`, () => {
      assert.deepEqual(readSearch(text, KNOWN), readings);
    });
  }

  it('may mean any height where the tip is not known', () => {
    assert.deepEqual(readSearch('4294967295', { ports: [], tipHeight: undefined })[0], {
      type: 'block-at',
      height: 2 ** 32 - 1,
    });
  });
});
