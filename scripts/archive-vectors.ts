/** The vectors of archives: blocks that prove themselves, and what is wrong with some that do not. */
import { ArchiveCheck } from '../src/core/archive-check.ts';
import { createParams } from '../src/core/params.ts';
import { genesisPoint } from '../src/core/validation.ts';
import { archiveOf } from '../test/support/archive-fixture.ts';
import { bodyOf, buildChain } from '../test/support/chain-fixture.ts';

/** What is in `archives.json`. */
export function archiveVectors(): unknown {
  const right = archiveOf(PARAMS, CHAIN, 5, 7);
  const other = archiveOf(PARAMS, OTHER, 5, 7);
  const [head = '', first = '', second = '', third = '', foot = ''] = right;
  const refused = [
    [head, first, second.replace('"ü6"', '"u6"'), third, foot],
    [head, first, third, foot],
    [head, first, third, second, foot],
    [head, first, second, foot],
    [head, first, second, third, third, foot],
    [other[0] ?? '', first, second, third, foot],
    [...other.slice(0, -1), foot],
    [head, first, second, third, archiveOf(PARAMS, CHAIN, 5, 6).at(-1) ?? ''],
    [head.replace('"to":7', '"to":8'), first, second, third, foot],
    archiveOf(PARAMS, CHAIN, 5, 7, [4]),
    archiveOf(PARAMS, CHAIN, 0, 1).map((line) => line.replace('"data":{}', '"data":[]')),
  ];
  const places = [
    [0, 0],
    [0, TIP],
    [1, 2],
    [2, 2],
    [5, 7],
    [TIP, TIP],
  ] as const;
  return {
    valid: places.map(([from, to]) => ({ from, to, lines: archiveOf(PARAMS, CHAIN, from, to) })),
    refused: refused.map((lines) => ({ lines, code: judgeLines(lines) })),
  };
}

/** The code of what is wrong with an archive of these lines, all blocks at once; null: nothing is. */
export function judgeLines(lines: readonly string[]): string | null {
  const check = ArchiveCheck.begin(lines[0] ?? '');
  if (!check.ok) return check.fault.code;
  const fault = check.value.takeBlocks(lines.slice(1, -1));
  if (fault !== undefined) return fault.code;
  const verified = check.value.end(lines.at(-1) ?? '');
  return verified.ok ? null : verified.fault.code;
}

const TIP = 9;
const PARAMS = createParams({ name: 'test', targetLimit: 0x207fffff });
const CHAIN = buildChain(PARAMS, genesisPoint(PARAMS), TIP, (height) => bodyOf(`{"height":${height}}`, `"ü${height}"`));
const OTHER = buildChain(PARAMS, genesisPoint(PARAMS), TIP, (height) => bodyOf(`"other ${height}"`));
