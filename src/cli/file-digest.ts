/** The hash and the size of a file of any size, read once from end to end. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { assertPresent } from '../core/assert.ts';
import { type Hash, parseHash } from '../core/hash.ts';
import { CommandError, EXIT_CODES, fileUnreadable } from './command-error.ts';

export interface FileDigest {
  /** SHA-256 of the content. */
  readonly sha256: Hash;
  readonly sizeBytes: number;
}

/** `onRead` hears how many bytes were read so far, of how many. Throws a `CommandError`, also where the file changes meanwhile. */
export async function digestFile(
  path: string,
  onRead: (readBytes: number, sizeBytes: number) => void = () => undefined,
): Promise<FileDigest> {
  const file = await openFile(path);
  try {
    const before = await file.stat();
    // Reading a folder fails by itself; a pipe might never end.
    if (!before.isFile() && !before.isDirectory()) throw fileUnreadable(path, new Error('it is no file'));
    const hash = createHash('sha256');
    let sizeBytes = 0;
    for await (const chunk of file.createReadStream({ highWaterMark: READ_BYTES, autoClose: false })) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      onRead(sizeBytes, before.size);
    }
    const after = await file.stat();
    // Else the hash may be of a content that the file had at no moment.
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs || sizeBytes !== before.size) {
      const message = `${path}: it was written to while it was read. Try again when it is finished.`;
      throw new CommandError(EXIT_CODES.refused, 'file-changing', message);
    }
    return { sha256: assertPresent(parseHash(hash.digest('hex')), 'a digest is a hash'), sizeBytes };
  } catch (cause) {
    throw cause instanceof CommandError ? cause : fileUnreadable(path, cause);
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (cause) {
    throw fileUnreadable(path, cause);
  }
}

/** Few calls for large files, and little memory: what a pipe or a cache of a disk takes well. */
const READ_BYTES = 1_048_576;
