/**
 * A process that damages and examines stores: `fork`ed, it is sent the seed of a trial, and answers what came of it. It
 * is a process because a damaged file may keep SQLite busy for ever, or break it.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertPresent } from '../../src/core/assert.ts';
import { Random } from '../../src/simulator/random.ts';
import { damage } from './damage.ts';
import { examine, type Findings } from './examination.ts';
import { makeSpecimens, type Specimens } from './specimens.ts';

/** What came of the trial with this seed. */
export interface TrialReport extends Findings {
  readonly seed: string;
  /** What was damaged, and how. */
  readonly story: string;
}

const MEMORY_FOLDER = '/dev/shm';
const specimens = await makeSpecimens();
const root = await mkdtemp(join(existsSync(MEMORY_FOLDER) ? MEMORY_FOLDER : tmpdir(), 'cairn-images-'));
process.on('message', (seed: string) => {
  runTrial(seed, specimens).then((report) => process.send?.(report));
});
process.on('disconnect', () => void rm(root, { recursive: true, force: true }).then(() => process.exit()));
process.send?.('ready');

async function runTrial(seed: string, { subjects, truth, ...surroundings }: Specimens): Promise<TrialReport> {
  const random = new Random(seed);
  const name = random.pick([...subjects.keys()]);
  const { files, story } = damage(assertPresent(subjects.get(name), 'it was picked'), surroundings, random);
  const folder = join(root, 'data');
  await mkdir(folder);
  for (const [file, bytes] of files) await writeFile(join(folder, file), bytes);
  const findings = await examine(folder, truth);
  await rm(folder, { recursive: true });
  return { ...findings, seed, story: `${name}; ${story.join('; ')}` };
}
