/** Whether a process that was written down earlier is still the one that runs. */
import { readFile } from 'node:fs/promises';

export interface ProcessIdentity {
  readonly pid: number;
  /**
   * When it started, in clock ticks since the machine did; null where the system does not tell (all but Linux). Numbers
   * of processes are used again, these are not.
   */
  readonly process_start: number | null;
}

/** This process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  return { pid: process.pid, process_start: (await readProcessStat(process.pid))?.startTicks ?? null };
}

/** Whether the process lives: exactly on Linux, elsewhere as far as its number says. */
export async function isAlive({ pid, process_start }: ProcessIdentity): Promise<boolean> {
  if (!isPidInUse(pid)) return false;
  const stat = process_start === null ? undefined : await readProcessStat(pid);
  return stat === undefined || (stat.startTicks === process_start && !stat.isZombie);
}

function isPidInUse(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and is another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** From `/proc/<pid>/stat` (proc_pid_stat(5)); undefined where there is none. */
async function readProcessStat(pid: number): Promise<{ startTicks: number; isZombie: boolean } | undefined> {
  if (process.platform !== 'linux') return undefined;
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  // The second field is the program's name in brackets, in which anything may stand.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const startTicks = Number(fields?.[STARTTIME_FIELD - STATE_FIELD]);
  return Number.isSafeInteger(startTicks) ? { startTicks, isZombie: fields?.[0] === 'Z' } : undefined;
}

const STATE_FIELD = 3;
const STARTTIME_FIELD = 22;
