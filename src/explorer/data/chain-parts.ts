/** Some blocks of a long chain, by height, in as few requests as their places allow. */
import type { BlockSummary } from '../../api/shapes.ts';
import type { Api, Trouble } from './api.ts';

/** The blocks of the active chain at `heights`, which go down, as far as they could be had; and why not further. */
export async function fetchHeights(
  api: Pick<Api, 'blocks'>,
  port: number,
  heights: readonly number[],
  signal: AbortSignal,
): Promise<{ readonly blocks: ReadonlyMap<number, BlockSummary>; readonly trouble: Trouble | undefined }> {
  const spans = spansOf(heights);
  const answers = await Promise.all(spans.map(({ from, limit }) => api.blocks(port, { from, limit, signal })));
  const blocks = new Map<number, BlockSummary>();
  let trouble: Trouble | undefined;
  for (const answer of answers) {
    if (answer.ok) for (const block of answer.value.blocks) blocks.set(block.height, block);
    else trouble = answer.fault;
  }
  return { blocks, trouble };
}

/** Spans of at most a page that hold all of `heights`, which go down. */
export function spansOf(heights: readonly number[]): { readonly from: number; readonly limit: number }[] {
  const spans: { readonly from: number; limit: number }[] = [];
  for (const height of heights) {
    const last = spans.at(-1);
    if (last !== undefined && last.from - height < PAGE_BLOCKS) last.limit = last.from - height + 1;
    else spans.push({ from: height, limit: 1 });
  }
  return spans;
}

/** As many as the interface gives at once. */
const PAGE_BLOCKS = 100;
