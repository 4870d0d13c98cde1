/** That the repository keeps its own rules. Every check is also fed a bad sample, so that it can be seen to fail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_PARAMS, encodeParams } from '../src/core/params.ts';
import { GATEWAY_LIMITS } from '../src/gateway/gateway-limits.ts';
import {
  findFloorBreaches,
  findImpurities,
  importSpecifiers,
  lintOverrides,
  parseDependencies,
  parseFloors,
} from './support/floors.ts';
import { compareLimits, findLimits, parseLimitsPage } from './support/limits-page.ts';
import { fileAt, readRepository, sampleFile } from './support/repository.ts';
import {
  findBrokenLinks,
  findLargeFiles,
  findLeftovers,
  findLongSources,
  findMachinePaths,
  findMissingModuleComments,
  findSilencedTests,
} from './support/tidy-checks.ts';

const files = readRepository();
const architecture = fileAt(files, 'ARCHITECTURE.md').text;
const floors = parseFloors(architecture);
const manifest: {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
} = JSON.parse(fileAt(files, 'package.json').text);

test('no source imports what its floor does not allow', () => {
  assert.deepEqual(findFloorBreaches(files, floors, Object.keys(manifest.devDependencies)), []);
});

test('an import from a higher floor, of a package or of Node is found where the floor does not allow it', () => {
  const page = [
    '| Floor | Folder | Owns | Does not own | Imports |',
    '| --- | --- | --- | --- | --- |',
    '| 0 | `src/core` | rules | time | `#host` |',
    '| 2 | `src/network` | bytes | sense | `core`, `protocol/frame.ts`, `node:*` |',
    '',
    '| Package | Where | What for |',
    '| --- | --- | --- |',
    '| `libp2p` | `src/network/node.ts` | links |',
  ].join('\n');
  const core = sampleFile(
    'src/core/hash.ts',
    "import { a } from '#host';\nimport {\n  b,\n} from './b.ts';\nexport { c } from '../protocol/c.ts';\nimport 'node:fs';\nimport x from 'libp2p';\n",
  );
  const network = sampleFile(
    'src/network/link.ts',
    "import { a } from '../protocol/frame.ts';\nimport { b } from '../protocol/message.ts';\nimport 'node:net';\nimport x from 'libp2p/x';\nconst y = import('../node/y.ts');\n",
  );
  const stranger = sampleFile('src/attic/x.ts', '');
  const proof = sampleFile(
    'src/core/hash.test.ts',
    "import 'fast-check';\nimport 'node:test';\nimport 'canonicalize';\n",
  );
  assert.deepEqual(findFloorBreaches([core, network, stranger, proof], parseFloors(page), ['fast-check']), [
    'src/core/hash.ts: ../protocol/c.ts',
    'src/core/hash.ts: libp2p',
    'src/core/hash.ts: node:fs',
    'src/network/link.ts: ../protocol/message.ts',
    'src/network/link.ts: ../node/y.ts',
    'src/attic/x.ts: the folder has no row in the table of floors',
    'src/core/hash.test.ts: canonicalize',
  ]);
});

test('an import in a comment is none, and a worker is one', () => {
  const text = "/**\n * import('a')\n */\n// import 'b'\nnew Worker(new URL('./c.ts', import.meta.url));\n";
  assert.deepEqual(importSpecifiers(text), ['./c.ts']);
});

test('the linter knows the same floors as ARCHITECTURE.md', () => {
  const { overrides } = JSON.parse(fileAt(files, 'biome.json').text);
  const rules = overrides.filter((override: object) => JSON.stringify(override).includes('noRestrictedImports'));
  assert.deepEqual(
    rules,
    lintOverrides(
      floors,
      files.map(({ path }) => path),
    ),
  );
});

test('every dependency is named in ARCHITECTURE.md with its reason, and pinned exactly', () => {
  const named = parseDependencies(architecture).map(({ name }) => name);
  const versions = { ...manifest.dependencies, ...manifest.devDependencies };
  assert.deepEqual(
    Object.keys(manifest.dependencies).filter((name) => !named.includes(name)),
    [],
  );
  // What is built into the explorer is needed to build it, and not to run it.
  assert.deepEqual(
    named.filter((name) => !(name in versions)),
    [],
  );
  const loose = Object.entries(versions).filter(([, version]) => !/^(?:npm:.+@)?\d+\.\d+\.\d+$/.test(version));
  assert.deepEqual(loose, []);
});

test('the rules, the decisions and the contract of HTTP reach for no clock, chance, log or world', () => {
  assert.deepEqual(findImpurities(files), []);
});

test('a clock, chance, a timer or a wait is found in a pure floor, but not in its comments', () => {
  const text = '/** A Date. */\nconst a = Date.now(); // async, as ever\nMath.random();\nawait b;\n';
  assert.deepEqual(findImpurities([sampleFile('src/core/x.ts', text), sampleFile('src/node/x.ts', text)]), [
    'src/core/x.ts: Date',
    'src/core/x.ts: Math.random',
    'src/core/x.ts: await',
  ]);
});

test('every limit in the sources is in docs/limits.md with its value, and no other', () => {
  assert.deepEqual(compareLimits(findLimits(files), fileAt(files, 'docs/limits.md').text), []);
});

test("the network's parameters and the gateway's limits are in docs/limits.md with their values", () => {
  const listed = parseLimitsPage(fileAt(files, 'docs/limits.md').text);
  const valuesOf = (path: string, object: object) => {
    const expected = Object.entries(object).filter(([, value]) => typeof value === 'number');
    const rows = listed.filter((limit) => limit.path === path).map(({ name, value }) => [name, value]);
    assert.deepEqual(rows.toSorted(), expected.toSorted());
  };
  const { format, genesis_time, ...params } = JSON.parse(encodeParams(DEFAULT_PARAMS));
  assert.equal(format, 1);
  assert.ok(genesis_time > 0);
  valuesOf('NetworkParams', params);
  valuesOf('GATEWAY_LIMITS', GATEWAY_LIMITS);
});

test('a limit that the page lacks, has otherwise, or has no longer is found', () => {
  const source = 'export const A_MAX = 2 * 1_024;\nconst B_MS = 5;\nconst C_BYTES = A_MAX + 1;\nconst D_MAX = f();\n';
  const page = '### `src/x/y.ts`\n\n| `A_MAX` | 2,048 | |\n| `B_MS` | 6 | |\n| `E_MAX` | 1 | |\n';
  assert.deepEqual(compareLimits(findLimits([sampleFile('src/x/y.ts', source)]), page), [
    'the page lacks src/x/y.ts B_MS = 5',
    'the page lacks src/x/y.ts C_BYTES = 2049',
    'the page lacks src/x/y.ts D_MAX = what cannot be read',
    'the sources lack src/x/y.ts B_MS = 6',
    'the sources lack src/x/y.ts E_MAX = 1',
  ]);
});

/** Checks of one file at a time, each with the smallest sample that it has to find. */
const checks = [
  ['no source has outgrown its file', findLongSources, 'src/x/y.ts', `${'\n'.repeat(400)}1`],
  ['every source begins with a comment that says what it is', findMissingModuleComments, 'src/x/y.ts', '// x'],
  ['nothing was left for later', findLeftovers, 'src/x/y.ts', `// ${'TO'}${'DO'}: more`],
  ['no path of a single machine is in the text', findMachinePaths, 'docs/x.md', `See /${'home'}/somebody/x.`],
  ['no file is too large to be read', findLargeFiles, 'docs/x.txt', 'x'.repeat(300_001)],
  ['no test is silenced', findSilencedTests, 'src/x/y.test.ts', `test.${'only'}('x')`],
  ['every link between pages leads somewhere', findBrokenLinks, 'docs/x.md', '[a](#a) # b [b](y.md)'],
] as const;

for (const [claim, check, path, sample] of checks) {
  test(claim, () => {
    assert.deepEqual(check(files), []);
  });

  test(`${claim}: the check can fail`, () => {
    assert.notDeepEqual(check([sampleFile(path, sample)]), []);
    assert.deepEqual(check([sampleFile(path, '/** Nothing to say against it. */\n')]), []);
  });
}
