/** A disk that fails: the log of a store, taken away under it (Linux). */
import assert from 'node:assert/strict';
import { closeSync, constants, fstatSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Puts what cannot be written in the place of the log that this process has open in `folder`. What is given back puts the
 * log there again.
 */
export function breakLog(folder: string): () => void {
  const name = join(folder, 'chain.sqlite-wal');
  const found = readdirSync('/proc/self/fd').find((number) => targetOf(number) === name);
  const descriptor = Number(found ?? assert.fail('the log is open'));
  replace(descriptor, '/dev/null', constants.O_RDONLY);
  return () => {
    replace(descriptor, name, constants.O_RDWR);
    assert.ok(fstatSync(descriptor).isFile());
  };
}

function replace(descriptor: number, path: string, flags: number): void {
  closeSync(descriptor);
  // The lowest free number is taken first, and one that is lower may have become free meanwhile.
  const lower: number[] = [];
  let opened = openSync(path, flags);
  for (; opened < descriptor; opened = openSync(path, flags)) lower.push(opened);
  for (const other of lower) closeSync(other);
  assert.equal(opened, descriptor, 'nobody else has taken it');
}

/** Undefined where it has been closed meanwhile. */
function targetOf(descriptor: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}
