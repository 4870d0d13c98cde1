import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NodeStatus } from '../../api/shapes.ts';
import { agreementOf } from './agreement.ts';
import type { NodeView } from './network-state.ts';

/** A node whose tip is at `height` of the branch `branch`; null where it does not answer. */
function node(port: number, tip: { height: number; branch?: string; work?: string; behind?: number } | null): NodeView {
  if (tip === null) return { port, status: null, search: undefined };
  const { height, branch = 'a', work = String(height), behind = 0 } = tip;
  // Of a status only what agreement is made of.
  const status = {
    tip: { height, hash: `${branch}${height}`, work },
    length: height + 1,
    sync: { behind },
  } as unknown as NodeStatus;
  return { port, status, search: undefined };
}

/** Branch `a` is known from height 5 up. */
const knows = ({ height, hash }: { height: number; hash: string }) => (height < 5 ? undefined : hash.startsWith('a'));

describe('nodes', () => {
  const cases: readonly [string, readonly NodeView[], string, RegExp][] = [
    ['that are none', [], 'none', /Start one/],
    ['that do not answer', [node(1, null)], 'silent', /Node 1 cannot be reached/],
    [
      'of which one answers',
      [node(1, { height: 9 }), node(2, null)],
      'alone',
      /10 blocks, up to block 9.*Node 2 does not answer/,
    ],
    [
      'with one tip',
      [node(1, { height: 9 }), node(2, { height: 9 }), node(3, { height: 9 })],
      'agree',
      /same 10 blocks/,
    ],
    [
      'of which one is below',
      [node(1, { height: 9 }), node(2, { height: 8 })],
      'catching-up',
      /Node 2 has yet to fetch/,
    ],
    ['of which one is far below', [node(1, { height: 90 }), node(2, { height: 2 })], 'catching-up', /Node 2 has yet/],
    ['of which one fetches', [node(1, { height: 9 }), node(2, { height: 3, behind: 6 })], 'catching-up', /Node 2/],
    [
      'on two branches',
      [node(1, { height: 9 }), node(2, { height: 9, branch: 'b', work: '8' })],
      'disagree',
      /Node 1 has the chain with the most work.*Node 2 is on another branch/,
    ],
    [
      'with less work on a higher branch',
      [node(1, { height: 8, work: '80' }), node(2, { height: 9, branch: 'b' }), node(3, { height: 9, branch: 'b' })],
      'disagree',
      /Nodes 2 and 3 are on other branches/,
    ],
  ];
  for (const [name, nodes, kind, text] of cases) {
    it(`${name}: ${kind}`, () => {
      const agreement = agreementOf(nodes, knows);
      assert.equal(agreement.kind, kind);
      assert.match(agreement.text, text);
    });
  }

  it('are told one by one how they stand', () => {
    const nodes = [
      node(1, { height: 9 }),
      node(2, { height: 7 }),
      node(3, { height: 9, branch: 'b', work: '1' }),
      node(4, null),
    ];
    assert.deepEqual(
      [...agreementOf(nodes, knows).standings.values()],
      [{ type: 'leads' }, { type: 'behind', blocks: 2 }, { type: 'branch' }, { type: 'silent' }],
    );
  });

  it('of which two do not answer are named in the plural', () => {
    assert.match(
      agreementOf([node(1, { height: 1 }), node(2, null), node(3, null)], knows).text,
      /Nodes 2 and 3 do not answer/,
    );
  });
});
