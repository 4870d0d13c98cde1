/** Whether the system lets a file be written. SQLite says only that something failed, and not what. */
import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Why the file at `path`, or another beside it, cannot be written, in the system's words; undefined where nothing is in the
 * way, or what is cannot be told by asking.
 */
export function writeObstacle(path: string): string | undefined {
  return refusal(dirname(path), constants.W_OK | constants.X_OK) ?? refusal(path, constants.R_OK | constants.W_OK);
}

/** Whether `error` is the system's answer to whoever may not write somewhere. */
export function isWriteRefusal(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && REFUSAL_CODES.has(error.code);
}

function refusal(path: string, mode: number): string | undefined {
  try {
    accessSync(path, mode);
    return undefined;
  } catch (error) {
    return isWriteRefusal(error) ? error.message : undefined;
  }
}

const REFUSAL_CODES: ReadonlySet<string> = new Set(['EROFS', 'EACCES', 'EPERM']);
