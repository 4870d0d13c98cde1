/**
 * `npm run test:only [-- FILE...]`: runs all tests, or those in the files that are named, in one process more than there are
 * processors: some tests wait, for a node that stops or a peer that is silent, and meanwhile others have the processor.
 *
 * What Node makes of the sources is kept for all of them and for all that they start: a file of tests and each `cairn` in it
 * would strip the types of the same sources again, which took a third of the time of all tests.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ensureLibrary } from '../test/support/built-library.ts';

const FOLDERS = ['src', 'test', 'bench', 'reliability', 'scripts'];
/** Ends what would never end by itself. The longest test takes half a minute, and on a busy machine several times as long. */
const TIMEOUT_MS = 400_000;
const COMPILED = fileURLToPath(new URL('../node_modules/.cache/cairn-tests/', import.meta.url));

const named = process.argv.slice(2);
// What is built is used by many: where it is older than its sources, it is made anew before the first of them starts.
if (named.length === 0) await ensureLibrary();
const files = named.length > 0 ? named : FOLDERS.map((folder) => `${folder}/**/*.test.ts`);
const flags = ['--test', `--test-concurrency=${availableParallelism() + 1}`, `--test-timeout=${TIMEOUT_MS}`];
const env = { NODE_COMPILE_CACHE: COMPILED, ...process.env };
const { status } = spawnSync(process.execPath, [...flags, ...files], { stdio: 'inherit', env });
process.exitCode = status ?? 1;
