/** Copies a file, piece by piece, so that others have their turn. */
import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fstatSync, fsyncSync, openSync, read } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { StoreError } from './store-error.ts';

/**
 * Copies the file behind the descriptor `source`, which stays open, to the new file `target`, durably, under another name until
 * all of it is there. `onProgress` hears how many bytes are done, of how many. Where it cannot be done, throws `store-io`; where
 * `signal` gives it up, its reason. Nothing is left behind then, unless the process is killed, and a file that is there is not
 * touched.
 */
export async function copyFile(options: {
  readonly source: number;
  readonly target: string;
  readonly onProgress: (done: number, of: number) => void;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { source, target, signal } = options;
  // Not by the process: in a container that is started again it has the number of the one that was killed.
  const part = `${target}.part-${randomUUID()}`;
  try {
    assertNew(target);
    await using to = await open(part, 'wx', 0o600);
    try {
      await copyBytes(source, to, options);
      await to.sync();
      assertNew(target);
      await rename(part, target);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    syncFolder(dirname(target));
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError('store-io', `${target} cannot be written: ${why}.`, { cause });
  }
}

/** Makes the names in `folder` durable. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function assertNew(path: string): void {
  if (existsSync(path)) throw new Error('it exists already');
}

async function copyBytes(
  source: number,
  to: FileHandle,
  { onProgress, signal }: { readonly onProgress: (done: number, of: number) => void; readonly signal: AbortSignal },
): Promise<void> {
  const { size } = fstatSync(source);
  const piece = new Uint8Array(PIECE_BYTES);
  for (let done = 0; done < size; ) {
    signal.throwIfAborted();
    const { bytesRead } = await readAt(source, piece, 0, PIECE_BYTES, done);
    if (bytesRead === 0) throw new Error('the file ended early');
    for (let written = 0; written < bytesRead; ) {
      written += (await to.write(piece, written, bytesRead - written, done + written)).bytesWritten;
    }
    done += bytesRead;
    onProgress(done, size);
  }
  signal.throwIfAborted();
}

const readAt = promisify(read);

const PIECE_BYTES = 1_048_576;
