import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { BlockSummary } from '../../api/shapes.ts';
import type { Api } from './api.ts';
import { fetchHeights, spansOf } from './chain-parts.ts';

it('heights that are near are asked for together, a page at most', () => {
  assert.deepEqual(spansOf([900, 899, 820, 801, 800, 3, 0]), [
    { from: 900, limit: 100 },
    { from: 800, limit: 1 },
    { from: 3, limit: 4 },
  ]);
  assert.deepEqual(spansOf([]), []);
});

it('what could be had is there, with the reason for what could not', async () => {
  const trouble = { code: 'node-unreachable', status: 503, title: '', detail: '' };
  const api = {
    async blocks(_: number, { from = 0, limit = 0 }: Parameters<Api['blocks']>[1] = {}): ReturnType<Api['blocks']> {
      if (from === 3) return { ok: false, fault: trouble };
      const blocks = Array.from({ length: limit }, (_, index) => ({ height: from - index }) as BlockSummary);
      return { ok: true, value: { blocks, next: null } };
    },
  };
  const got = await fetchHeights(api, 5001, [900, 898, 3], new AbortController().signal);
  assert.deepEqual([...got.blocks.keys()], [900, 899, 898]);
  assert.equal(got.trouble, trouble);
});
