/**
 * Machine code that this process wrote itself, made callable: as an add-on that Node loads from a file.
 *
 * The file is the price of keeping what is written apart from what is run: the operating system maps it for execution,
 * and no memory of this process is ever both writable and executable. It is gone from the disk before the code is run.
 */
import { mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createSharedObject, type NativeCode } from '../codegen/shared-object.ts';
import { assert } from '../core/assert.ts';
import { KernelError } from './kernel-error.ts';
import { requirePlatform } from './machine-support.ts';

/** Runs the code on `memory`. Throws a `TypeError`, and touches nothing, if that has fewer words than the code needs. */
export type MachineFunction = (memory: Uint32Array) => void;

/**
 * Loads `native` into this process, where it stays until the process ends, or the worker thread that loaded it.
 *
 * Throws a `KernelError`: `platform-unsupported`, `not-permitted` or `load-failed`. What the code does is not looked
 * at: code that is wrong, or that the processor does not know, can end the process.
 */
export function loadMachineCode(native: NativeCode): MachineFunction {
  requirePlatform();
  const run = loadAddOn(createSharedObject(native));
  assert(typeof run === 'function', 'the add-on exports its function');
  return run as MachineFunction;
}

/** What the add-on exports. It has a file to itself: one that is loaded twice would be the same code twice. */
function loadAddOn(image: Uint8Array): unknown {
  const parent = tmpdir();
  try {
    // Nobody else can put another file in its place: the folder's mode is 0700, and nobody can move it away.
    const folder = mkdtempSync(join(immovable(parent), 'cairn-machine-code-'));
    try {
      const file = join(folder, 'code.node');
      writeFileSync(file, image, { mode: 0o400, flag: 'wx' });
      const addOn: { exports: unknown } = { exports: {} };
      process.dlopen(addOn, file, constants.dlopen.RTLD_NOW);
      return addOn.exports;
    } finally {
      rmSync(folder, { recursive: true });
    }
  } catch (error) {
    throw refusalFor(error, parent);
  }
}

/** The real path of `folder`. Throws where others may rename what is in it or in a folder above it. */
function immovable(folder: string): string {
  const path = realpathSync(folder);
  for (let place = path; ; place = dirname(place)) {
    const { mode } = statSync(place);
    if (mode & WRITABLE_BY_ALL && !(mode & STICKY)) {
      const message = `Machine code is not loaded from ${folder}, because everybody may write to ${place} and could put other code in its place: set TMPDIR to a folder that only you can write to, or use another kernel.`;
      throw new KernelError('load-failed', message);
    }
    if (place === dirname(place)) return path;
  }
}

function refusalFor(cause: unknown, folder: string): KernelError {
  if (cause instanceof KernelError) return cause;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ERR_ACCESS_DENIED') {
    const message = `Node's permission model does not let machine code be written to ${folder}: give this process --allow-fs-write=${folder}, --allow-fs-read for it and what is above it, and --allow-addons, or use another kernel.`;
    return new KernelError('not-permitted', message, { cause });
  }
  if (code === 'ERR_DLOPEN_DISABLED') {
    const message = `Node loads no add-ons in this process, and machine code is loaded as one: give it --allow-addons, or leave out --no-addons, or use another kernel.`;
    return new KernelError('not-permitted', message, { cause });
  }
  const detail = cause instanceof Error ? cause.message : String(cause);
  const message = `Machine code could not be loaded from ${folder} (${detail}): set TMPDIR to a folder that can be written to and is not mounted noexec, or use another kernel.`;
  return new KernelError('load-failed', message, { cause });
}

const WRITABLE_BY_ALL = 0o002;
/** In a folder with this bit, what one has made can be renamed and removed by oneself alone (inode(7)). */
const STICKY = 0o1000;
