/**
 * `npm test`: all that CI runs. What needs nothing of each other runs side by side, which leaves no processor idle; the tests come
 * last, and have all of the machine.
 */
import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** Scripts of package.json; those of one lane run one after the other, up to the first that fails. */
const LANES = [['types'], ['lint', 'dead']] as const;

const passed = await Promise.all(LANES.map(runLane));
process.exitCode = passed.every(Boolean) ? runTests() : 1;

async function runLane(scripts: readonly string[]): Promise<boolean> {
  for (const script of scripts) if (!(await runScript(script))) return false;
  return true;
}

/** Whether it passes. What it says is told when it is over, so that nothing of the other lane comes in between. */
async function runScript(script: string): Promise<boolean> {
  const child = spawn(process.execPath, ['--run', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  const { promise: ended, resolve } = Promise.withResolvers<boolean>();
  child.on('close', (exitCode) => resolve(exitCode === 0));
  const [output, errors, isWell] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  process.stdout.write(`${isWell ? '✔' : '✖'} ${script}\n${output}${errors}`);
  return isWell;
}

function runTests(): number {
  const { status } = spawnSync(process.execPath, ['--run', 'test:only'], { stdio: 'inherit' });
  return status ?? 1;
}
