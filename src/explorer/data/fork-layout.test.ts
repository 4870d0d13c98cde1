import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Branch } from '../../api/fork-shapes.ts';
import { type ForkPicture, heightsToShow, layoutForks } from './fork-layout.ts';

const TIME = '2026-11-22T00:00:00Z';
const chainAt = (height: number) => ({ height, hash: `a${height}`, prev_hash: `a${height - 1}`, time: TIME });

/** Blocks `name` from above the fork to `tip`; the first was built on `prev_hash`. */
function branch(name: string, fork: number, tip: number, options: { prev?: string; shared?: Branch } = {}): Branch {
  const own = Array.from({ length: tip - fork }, (_, index) => ({
    height: fork + 1 + index,
    hash: `${name}${fork + 1 + index}`,
    prev_hash: index === 0 ? (options.prev ?? `a${fork}`) : `${name}${fork + index}`,
    time: TIME,
    bits: '',
    work: '1',
    stored: true,
  }));
  const blocks = [...(options.shared?.blocks.filter(({ height }) => height <= fork) ?? []), ...own];
  const forkHeight = options.shared?.fork_height ?? fork;
  return {
    fork_height: forkHeight,
    fork_hash: `a${forkHeight}`,
    tip: { height: tip, hash: `${name}${tip}`, work: '1' },
    status: 'stored',
    length: blocks.length,
    blocks,
  };
}

/** `a7|b7` is a line each, with lanes as indents. */
function drawn({ lines }: ForkPicture): string[] {
  return lines.map((line) => (line.type === 'gap' ? `(${line.count})` : `${'  '.repeat(line.lane)}${line.block.hash}`));
}

describe('the picture of forks', () => {
  it('is the tip alone where there are none', () => {
    assert.deepEqual(drawn(layoutForks([], 900, chainAt)), ['a900', 'a899']);
  });

  it('shows what stands beside the chain, and leaves out where nothing forks', () => {
    const picture = layoutForks([branch('b', 10, 11)], 20, chainAt);
    assert.deepEqual(drawn(picture), ['a20', 'a19', '(6)', 'a12', 'a11', '  b11', 'a10']);
    assert.deepEqual(
      picture.edges.map(({ from, to, isWinning, isCut }) => [from.line, to.line, to.lane, isWinning, isCut]),
      [
        [0, 1, 0, true, false],
        [1, 3, 0, true, true],
        [3, 4, 0, true, false],
        [4, 6, 0, true, false],
        [5, 6, 0, false, false],
      ],
    );
    assert.equal(picture.lanes, 2);
  });

  it('says of which heights there is more than one block', () => {
    const { lines } = layoutForks([branch('b', 10, 11)], 12, chainAt);
    assert.deepEqual(
      lines.flatMap((line) => (line.type === 'block' && line.isContested ? [line.block.hash] : [])),
      ['a11', 'b11'],
    );
  });

  it('puts branches of the same time side by side, and later ones into the same lane', () => {
    const picture = layoutForks([branch('b', 10, 12), branch('c', 10, 11), branch('d', 30, 31)], 40, chainAt);
    const lanes = new Map(
      picture.lines.flatMap((line) => (line.type === 'block' ? [[line.block.hash, line.lane]] : [])),
    );
    assert.deepEqual([lanes.get('b12'), lanes.get('c11'), lanes.get('d31')], [1, 2, 1]);
  });

  it('draws a block that two branches share once', () => {
    const first = branch('b', 10, 13);
    const second = branch('c', 11, 12, { prev: 'b11', shared: first });
    const picture = layoutForks([first, second], 14, chainAt);
    assert.deepEqual(drawn(picture), ['a14', 'a13', '  b13', 'a12', '  b12', '    c12', 'a11', '  b11', 'a10']);
    const fork = picture.edges.find(({ from }) => from.line === 5);
    assert.deepEqual(fork?.to, { line: 7, lane: 1 });
  });

  it('shows of a long branch its two ends', () => {
    const picture = layoutForks([branch('b', 10, 60)], 70, chainAt);
    const shown = picture.lines.flatMap((line) =>
      line.type === 'block' && line.lane === 1 ? [line.block.height] : [],
    );
    assert.deepEqual(shown, [60, 59, 58, 57, 14, 13, 12, 11]);
    assert.ok(picture.edges.some(({ isWinning, isCut }) => !isWinning && isCut));
  });

  it('leads a branch whose lower blocks are not told down to where it forks', () => {
    const long = branch('b', 10, 200);
    const picture = layoutForks([{ ...long, blocks: long.blocks.slice(-64) }], 210, chainAt);
    const last = picture.edges.filter(({ isWinning }) => !isWinning).at(-1);
    const line = picture.lines[last?.to.line ?? -1];
    assert.equal(line?.type === 'block' ? line.block.hash : '', 'a10');
    assert.equal(last?.isCut, true);
  });

  it('is drawn while the blocks of the chain are still on their way', () => {
    assert.deepEqual(drawn(layoutForks([branch('b', 10, 11)], 20, () => undefined)), ['(8)', '  b11']);
  });

  it('shows a branch that is higher than the chain, which has more work', () => {
    assert.deepEqual(drawn(layoutForks([branch('b', 10, 13)], 11, chainAt)), ['  b13', '  b12', 'a11', '  b11', 'a10']);
  });

  it('asks for the heights that it shows', () => {
    assert.deepEqual(heightsToShow([branch('b', 10, 11)], 20), [20, 19, 12, 11, 10]);
  });
});
