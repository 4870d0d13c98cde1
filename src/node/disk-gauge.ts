/** How much a node's files take, and how much room is left where they are. */
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

export interface DiskUsage {
  /** What the node may still write: less than is free where the disk keeps some back for its administrator. */
  readonly freeBytes: number;
  /** The sizes of all files in the node's folder, not below it. */
  readonly storeBytes: number;
}

/** Looks every few seconds, so that nobody who asks waits for a disk. */
export class DiskGauge {
  readonly #read: () => Promise<DiskUsage>;
  readonly #looking: NodeJS.Timeout;
  #usage: DiskUsage | undefined;
  #isLooking = false;

  /** `read` is asked again and again, and not before it has answered. */
  constructor(read: () => Promise<DiskUsage>) {
    this.#read = read;
    this.#looking = setInterval(() => void this.#look(), LOOK_MS).unref();
    void this.#look();
  }

  /** As it was at the last look; undefined before the first, and where the disk did not say. */
  get usage(): DiskUsage | undefined {
    return this.#usage;
  }

  stop(): void {
    clearInterval(this.#looking);
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#usage = await this.#read().catch(() => undefined);
    this.#isLooking = false;
  }
}

/** Of the files in `folder`. Throws what the file system throws. */
export async function readUsage(folder: string): Promise<DiskUsage> {
  const { bavail, bsize } = await statfs(folder);
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  // One that has gone meanwhile takes nothing.
  const sizes = await Promise.all(
    files.map(({ name }) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return { freeBytes: bavail * bsize, storeBytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** A disk seldom fills faster than somebody can be told. */
const LOOK_MS = 5_000;
