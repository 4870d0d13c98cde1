/**
 * Power that goes at any moment. What a store does to its disk is written down, system call by system call; then it is
 * looked at what a disk may hold after each of them, where only what was synced is sure, and opened as a node opens it.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../src/simulator/random.ts';
import { amount, type Effort, type Outcome, type Part } from './part.ts';
import { type Expectation, judge, writeImage } from './power-loss/aftermath.ts';
import type { DiskImage, DiskOperation } from './power-loss/disk-operation.ts';
import { FallibleDisk } from './power-loss/fallible-disk.ts';
import { canRecord, type Recording, record } from './power-loss/recording.ts';
import { type Saying, WORKLOADS, type Workload } from './power-loss/workload.ts';

export const powerLoss: Part = {
  name: 'power-loss',
  about: 'the power goes at any moment of a commit, a migration, a compaction, a reindex, a backup',
  run: runPowerLoss,
};

async function runPowerLoss(effort: Effort, tell: (line: string) => void): Promise<Outcome> {
  if (!canRecord()) throw new Error('it needs strace, and the right to watch a process with it');
  const losses = amount(effort, { pullRequest: 1_000, nightly: 20_000 });
  const random = new Random(effort.seed).stream('power-loss');
  const failures: string[] = [];
  let operationCount = 0;
  for (const workload of WORKLOADS) {
    const recording = await record(workload);
    operationCount += recording.operations.length;
    const share = Math.ceil(losses / WORKLOADS.length);
    const wrong = await losePower(recording, share, random.stream(workload.name));
    tell(`${workload.name}: ${recording.operations.length} operations, ${share} losses, ${wrong.length} wrong`);
    for (const failure of wrong.slice(0, FAILURES_TOLD_MAX)) failures.push(`${describe(workload, effort)}: ${failure}`);
  }
  return {
    figures: [
      { name: 'power losses', value: losses, unit: 'losses', aim: { atLeast: losses } },
      { name: 'disk operations recorded', value: operationCount, unit: 'operations' },
    ],
    failures,
  };
}

/** Lets the power go at so many moments, and names what was wrong afterwards. */
export async function losePower(recording: Recording, losses: number, random: Random): Promise<string[]> {
  const { image, operations } = recording;
  const moments = Array.from({ length: losses }, () => random.integer(0, operations.length)).sort((a, b) => a - b);
  const disk = new FallibleDisk(image);
  // Where files are in memory if there is such a place: nothing here is to outlast a real power loss.
  const folder = await mkdtemp(join(existsSync(MEMORY_FOLDER) ? MEMORY_FOLDER : tmpdir(), 'cairn-power-'));
  const wrong: string[] = [];
  let expected: Expectation = { sure: undefined, trying: undefined };
  let done = 0;
  try {
    for (const [number, moment] of moments.entries()) {
      for (; done < moment; done++) {
        const operation = operations[done];
        if (operation === undefined) break;
        disk.apply(operation);
        expected = expectedAfter(operation, expected);
      }
      const left = disk.afterPowerLoss(random);
      const isThorough = number % THOROUGH_EVERY === 0;
      const fault = await judge({ image: left, expected, folder: join(folder, 'disk'), isThorough });
      if (fault === undefined) continue;
      wrong.push(`after ${moment} of ${operations.length} operations: ${fault}${await kept(left, wrong.length)}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return wrong;
}

function expectedAfter(operation: DiskOperation, before: Expectation): Expectation {
  if (operation.type !== 'say') return before;
  const saying: Saying = JSON.parse(operation.text);
  if (saying.type === 'try') return { ...before, trying: saying.state };
  return { sure: saying.state, trying: undefined };
}

/** Says where people find what was left, for the first few. */
async function kept(image: DiskImage, wrongBefore: number): Promise<string> {
  if (wrongBefore >= FAILURES_TOLD_MAX) return '';
  const folder = await mkdtemp(join(tmpdir(), 'cairn-power-kept-'));
  writeImage(image, folder);
  return ` (kept in ${folder})`;
}

function describe({ name }: Workload, { seed }: Effort): string {
  return `npm run reliability -- power-loss --seed ${seed}: ${name}`;
}

const MEMORY_FOLDER = '/dev/shm';
const THOROUGH_EVERY = 4;
const FAILURES_TOLD_MAX = 5;
