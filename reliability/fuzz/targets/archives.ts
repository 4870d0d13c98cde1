/** Archives with anything in them changed: none proves what is not so. */
import assert from 'node:assert/strict';
import { ArchiveCheck, type ArchiveFault, type VerifiedArchive } from '../../../src/core/archive-check.ts';
import type { Result } from '../../../src/core/result.ts';
import { genesisPoint } from '../../../src/core/validation.ts';
import { archiveOf } from '../../../test/support/archive-fixture.ts';
import { bodyOf, buildChain, TEST_PARAMS } from '../../../test/support/chain-fixture.ts';
import { ByteChoices } from '../byte-choices.ts';
import { type FuzzTarget, JSON_WORDS } from '../target.ts';

export const ARCHIVE: FuzzTarget = {
  name: 'archive',
  claim: 'an archive in which anything was changed proves nothing, or just what the ones it was made of prove',
  words: JSON_WORDS,
  sizeMax: 80,
  weight: 0.5,
  seeds: () => [
    Buffer.of(0),
    Buffer.of(1, 1, 2, 1, 30, 8, 1),
    Buffer.of(2, 1, 3, 200, 3, 40, 2),
    Buffer.of(3, 2, 0, 99, 64, 7),
  ],
  check(input) {
    const choices = new ByteChoices(input);
    let lines = choices.pick(WHOLE);
    for (let changes = choices.integer(2); changes > 0; changes--) lines = changed(lines, choices);
    const judged = judge(lines);
    if (judged.ok) assert.ok(PROVEN.has(provenBy(judged.value)), lines.join('\n'));
  },
};

/** A line left out, doubled, moved, taken from another archive, or with a piece of it turned over or made up. */
function changed(lines: readonly string[], choices: ByteChoices): readonly string[] {
  const at = choices.integer(Math.max(0, lines.length - 1));
  const line = lines[at] ?? '';
  const start = choices.integer(Math.max(0, line.length - 1));
  const flipped = String.fromCharCode(line.charCodeAt(start) ^ (1 << choices.integer(7)));
  const other = choices.pick(WHOLE);
  return choices.pick([
    () => lines.toSpliced(at, 1),
    () => lines.toSpliced(at, 0, line),
    () => lines.with(0, line).with(at, lines[0] ?? ''),
    () => lines.toSpliced(at, 1, other[at] ?? ''),
    () => lines.with(at, line.slice(0, start) + flipped + line.slice(start + 1)),
    () => lines.with(at, line.slice(0, start) + choices.pick(JSON_WORDS) + line.slice(start + choices.integer(9))),
  ])();
}

function judge(lines: readonly string[]): Result<VerifiedArchive, ArchiveFault> {
  const check = ArchiveCheck.begin(lines[0] ?? '');
  if (!check.ok) return check;
  const fault = check.value.takeBlocks(lines.slice(1, -1));
  return fault === undefined ? check.value.end(lines.at(-1) ?? '') : { ok: false, fault };
}

/** All that an archive proves. */
function provenBy({ from, last, tip, blocks, entries, genesis }: VerifiedArchive): string {
  return JSON.stringify([from, last.hash, tip.hash, blocks, entries, genesis]);
}

const CHAIN = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 6, (height) => bodyOf('"a"', `{"b":${height}}`));
const OTHER = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 7, (height) => bodyOf(`"${height}"`));

const WHOLE: readonly (readonly string[])[] = [
  archiveOf(TEST_PARAMS, CHAIN, 0, 2),
  archiveOf(TEST_PARAMS, CHAIN, 3, 4),
  archiveOf(TEST_PARAMS, CHAIN, 5, 6),
  archiveOf(TEST_PARAMS, OTHER, 3, 4),
];

const PROVEN: ReadonlySet<string> = new Set(
  WHOLE.map((lines) => {
    const judged = judge(lines);
    assert.ok(judged.ok);
    return provenBy(judged.value);
  }),
);
