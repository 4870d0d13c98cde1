/** What a store throws when the disk, or what stands on it, is not as it should be. */
import type { Hash } from '../core/hash.ts';

export type StoreErrorCode =
  /** There is no store in the folder, and none was to be made. */
  | 'store-missing'
  /** Another process holds the folder. */
  | 'store-in-use'
  /** The folder holds something that is no store of ours, or one of another version. Nothing was changed. */
  | 'store-format-unknown'
  /** The folder belongs to another network. Nothing was changed. */
  | 'store-network-other'
  /** What stands on the disk contradicts itself. */
  | 'store-damaged'
  /** One block is not what its hash says; `block` names it. Storing it again mends it. */
  | 'block-damaged'
  /** It was closed while something was still to be read. */
  | 'store-closed'
  /** There is no room. Nothing was changed, and reading goes on. */
  | 'store-full'
  /** The folder, or a file in it, is not to be written by this user, or stands on a disk that takes no writes. */
  | 'store-unwritable'
  /** The operating system refused to read or write. */
  | 'store-io';

/** The block that cannot be read: what can still be told of it. */
export interface DamagedBlock {
  readonly hash: Hash | undefined;
  readonly height: number | undefined;
}

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  /** Present in a `block-damaged`. */
  readonly block: DamagedBlock | undefined;

  constructor(
    code: StoreErrorCode,
    message: string,
    facts: { readonly cause?: unknown; readonly block?: DamagedBlock } = {},
  ) {
    super(message, 'cause' in facts ? { cause: facts.cause } : undefined);
    this.code = code;
    this.block = facts.block;
  }
}

/** The error for a block that is not what its hash says. `detail` says what is wrong with it. */
export function blockDamaged(block: DamagedBlock, detail: string): StoreError {
  const hash = block.hash ?? 'of unknown hash';
  const height = block.height === undefined ? 'an unknown height' : `height ${block.height}`;
  const message = `The stored block ${hash} at ${height} is damaged: ${detail}. It has to come from a peer again.`;
  return new StoreError('block-damaged', message, { block });
}

/** The error for a `place` that the system does not let us write; `reason` is what it says. */
export function storeUnwritable(place: string, reason: string, cause: unknown): StoreError {
  const message = `${place} cannot be written (${reason}): give this user the right to write there, or use another folder.`;
  return new StoreError('store-unwritable', message, { cause });
}

/** Whether `error` says that what stands on the disk is wrong, rather than that it cannot be reached. */
export function isDamage(error: unknown): error is StoreError {
  return error instanceof StoreError && (error.code === 'store-damaged' || error.code === 'block-damaged');
}
