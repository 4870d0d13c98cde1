/** Runs a workload in a process of its own, and keeps what it did to the disk. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { DiskImage, DiskOperation } from './disk-operation.ts';
import { readSystemCalls, STRACE_FLAGS } from './system-calls.ts';
import type { Workload } from './workload.ts';

export interface Recording {
  /** What was on the disk at the beginning. */
  readonly image: DiskImage;
  readonly operations: readonly DiskOperation[];
}

/** Whether this machine lets a process be watched: that needs `strace`, and the right to use it. */
export function canRecord(): boolean {
  return spawnSync('strace', [...STRACE_FLAGS, '-o', '/dev/null', 'true']).status === 0;
}

export async function record(workload: Workload): Promise<Recording> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-power-'));
  try {
    const root = join(folder, 'root');
    const traceFile = join(folder, 'trace');
    await mkdir(root);
    await workload.prepare(root);
    await rm(join(root, 'data-2'), { recursive: true, force: true });
    const image = await readImage(root);
    const command = [process.execPath, WORKLOAD_FILE, workload.name, root];
    const child = spawn('strace', [...STRACE_FLAGS, '-o', traceFile, ...command], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [[exitCode], stderr] = await Promise.all([once(child, 'close'), text(child.stderr)]);
    if (exitCode !== 0) throw new Error(`the workload ${workload.name} ended with ${exitCode}: ${stderr}`);
    return { image, operations: readSystemCalls(await readFile(traceFile, 'latin1'), root, image) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readImage(root: string): Promise<DiskImage> {
  const image = new Map<string, Uint8Array>();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) image.set(path.slice(root.length + 1), await readFile(path));
  }
  return image;
}

const WORKLOAD_FILE = fileURLToPath(new URL('./workload-child.ts', import.meta.url));
