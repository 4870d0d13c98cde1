/** Keys with which something can be signed: those that are locked are unlocked by who has the passphrase. */
import type { KeyObject } from 'node:crypto';
import type { CommandContext } from './command-context.ts';
import { type KeyFile, unlockKey } from './key-file.ts';
import { keyPath, readStoredKey } from './key-store.ts';
import { readPassphrase } from './passphrase.ts';

/** Where the passphrase of a locked key comes from. */
export interface OpeningFlags {
  /** A file that has it; without one, somebody is asked for it. */
  readonly passphraseFile?: string;
}

/** The key `name` of this home. Throws a `CommandError` where there is none, or the passphrase is another one. */
export async function openKey(context: CommandContext, name: string, flags: OpeningFlags): Promise<KeyObject> {
  return openKeyFile(context, await readStoredKey(context.home, name), keyPath(context.home, name), flags);
}

/** The key in `file`, which people know by the name `where`. Throws a `CommandError`. */
export async function openKeyFile(
  { terminal }: CommandContext,
  file: KeyFile,
  where: string,
  { passphraseFile }: OpeningFlags,
): Promise<KeyObject> {
  if (!file.isLocked) return unlockKey(file, where, '');
  return unlockKey(file, where, await readPassphrase(terminal, passphraseFile, `Passphrase of ${where}: `));
}
