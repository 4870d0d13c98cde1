/** Where a command writes many bytes: to stdout, or into a file that is there whole or not at all. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommandError, EXIT_CODES } from './command-error.ts';
import type { Terminal } from './terminal.ts';

export interface ByteSink {
  /** Resolves when the bytes are taken; false where nobody reads any further. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** All was written. Resolves when it is durable and in its place. */
  finish(): Promise<void>;
  /** Gives up: what was written of a file is removed. */
  discard(): Promise<void>;
}

/** `-` is stdout. A file that is there is replaced when all is written. Throws a `CommandError`. */
export async function openSink(terminal: Terminal, path: string): Promise<ByteSink> {
  if (path === '-') {
    return { write: (bytes) => terminal.write(bytes), finish: async () => undefined, discard: async () => undefined };
  }
  // Not by the process: in a container that is started again it has the number of one that was killed.
  const partPath = `${path}.part-${randomUUID()}`;
  try {
    return new FileSink(await open(partPath, 'wx'), partPath, path);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

class FileSink implements ByteSink {
  readonly #file: FileHandle;
  readonly #partPath: string;
  readonly #path: string;

  constructor(file: FileHandle, partPath: string, path: string) {
    this.#file = file;
    this.#partPath = partPath;
    this.#path = path;
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    try {
      for (let written = 0; written < bytes.length; ) {
        written += (await this.#file.write(bytes, written)).bytesWritten;
      }
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
    return true;
  }

  async finish(): Promise<void> {
    try {
      await this.#file.sync();
      await this.#file.close();
      await rename(this.#partPath, this.#path);
      await syncFolder(dirname(this.#path));
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }

  async discard(): Promise<void> {
    await this.#file.close();
    await rm(this.#partPath, { force: true });
  }
}

/** So that the new name outlives a power cut, too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function unwritable(path: string, cause: unknown): CommandError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `${path}: it cannot be written (${reason}). Nothing is left of it.`;
  return new CommandError(EXIT_CODES.failed, 'output-failed', message, cause);
}
