/**
 * `npm run test:only [-- FILE...]`: runs all tests, or those in the files that are named, in as many processes as there are
 * processors. Node itself leaves one of them idle, which of two is half.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

const FOLDERS = ['src', 'test', 'bench', 'reliability', 'scripts'];
const TIMEOUT_MS = 120_000;

const named = process.argv.slice(2);
const files = named.length > 0 ? named : FOLDERS.map((folder) => `${folder}/**/*.test.ts`);
const flags = ['--test', `--test-concurrency=${availableParallelism()}`, `--test-timeout=${TIMEOUT_MS}`];
const { status } = spawnSync(process.execPath, [...flags, ...files], { stdio: 'inherit' });
process.exitCode = status ?? 1;
