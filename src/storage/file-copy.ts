/** Copies a file, piece by piece, so that others have their turn. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StoreError } from './store-error.ts';

/**
 * Copies `source` to the new file `target`, durably. `onProgress` hears how many bytes are done, of how many. Where it
 * cannot be done, throws `store-io` and leaves nothing behind; a file that is there is not touched.
 */
export async function copyFile(options: {
  readonly source: string;
  readonly target: string;
  readonly onProgress: (done: number, of: number) => void;
}): Promise<void> {
  const { source, target, onProgress } = options;
  await using from = await openFile(source, 'r');
  await using to = await openFile(target, 'wx');
  try {
    const { size } = await from.stat();
    const piece = new Uint8Array(PIECE_BYTES);
    for (let done = 0; done < size; ) {
      const { bytesRead } = await from.read(piece, 0, PIECE_BYTES, done);
      if (bytesRead === 0) throw new Error('the file ended early');
      for (let written = 0; written < bytesRead; ) {
        written += (await to.write(piece, written, bytesRead - written, done + written)).bytesWritten;
      }
      done += bytesRead;
      onProgress(done, size);
    }
    await to.sync();
    syncFolder(dirname(target));
  } catch (cause) {
    await rm(target, { force: true });
    throw ioError(target, cause);
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

async function openFile(path: string, flags: 'r' | 'wx'): Promise<FileHandle> {
  try {
    return await open(path, flags, 0o600);
  } catch (cause) {
    throw ioError(path, cause);
  }
}

function ioError(path: string, cause: unknown): StoreError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StoreError('store-io', `${path} cannot be copied: ${why}.`, { cause });
}

const PIECE_BYTES = 1_048_576;
