/**
 * The keys that somebody signs with: one file each in the folder `keys` of Cairn's home.
 *
 * A file has mode 0600 from the moment it exists, and appears whole or not at all. One that others may read is refused, as
 * what they have read cannot be taken back.
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, link, mkdir, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Did } from '../core/did-key.ts';
import type { CairnHome } from '../probe/cairn-home.ts';
import { CommandError, codeOf, describeReadFailure, EXIT_CODES } from './command-error.ts';
import { syncFolder } from './file-sink.ts';
import { type KeyFile, parseKeyFile } from './key-file.ts';
import { isKeyName } from './key-name.ts';

/** Where the key `name` lies. */
export function keyPath({ keysFolder }: CairnHome, name: string): string {
  return join(keysFolder, `${name}${KEY_ENDING}`);
}

/** The names of all keys, in order. */
export async function listKeys({ keysFolder }: CairnHome): Promise<readonly string[]> {
  const names = await readdir(keysFolder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw unreadable(keysFolder, error);
  });
  return names
    .filter((name) => name.endsWith(KEY_ENDING))
    .map((name) => name.slice(0, -KEY_ENDING.length))
    .filter(isKeyName)
    .toSorted();
}

/** The keys that sign as `author`, or say so where they are locked, in the order of their names. Those that cannot be read are left out. */
export async function findKeysOf(
  home: CairnHome,
  author: Did,
): Promise<readonly (KeyFile & { readonly name: string })[]> {
  const keys: (KeyFile & { readonly name: string })[] = [];
  for (const name of await listKeys(home)) {
    try {
      const key = await readStoredKey(home, name);
      if (key.author === author) keys.push({ ...key, name });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
    }
  }
  return keys;
}

/** The key `name`. Throws a `CommandError` where there is none, or one that others may read. */
export async function readStoredKey(home: CairnHome, name: string): Promise<KeyFile> {
  const path = keyPath(home, name);
  try {
    return await readKeyFile(path);
  } catch (error) {
    if (!(error instanceof CommandError) || codeOf(error.cause) !== 'ENOENT') throw error;
    const names = await listKeys(home);
    const others =
      names.length === 0
        ? 'there is none at all (`cairn keys create` makes one)'
        : `there are these: ${names.join(', ')}`;
    const message = `There is no key "${name}" in ${home.keysFolder}: ${others}.`;
    throw new CommandError(EXIT_CODES.usage, 'key-unknown', message, error);
  }
}

/** The key in the file at `path`. Throws a `CommandError` where it is none, or others may read it. */
export async function readKeyFile(path: string): Promise<KeyFile> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    const stats = await file.stat();
    const isTooLong = stats.isFile() && stats.size > KEY_FILE_BYTES_MAX;
    // First of all whether it is a key: of anything else it does not matter who may read it.
    const key = parseKeyFile(isTooLong ? '' : await file.readFile('utf8'), path);
    if (process.platform !== 'win32' && (stats.mode & OTHERS_MASK) !== 0) {
      const shown = (stats.mode & 0o777).toString(8).padStart(4, '0');
      const message =
        `${path}: other users may use this key (mode ${shown}). Where nobody has, run \`chmod 600 ${path}\`; ` +
        'else make another key, and have this one no longer trusted.';
      throw new CommandError(EXIT_CODES.configuration, 'key-exposed', message);
    }
    return key;
  } catch (error) {
    throw error instanceof CommandError ? error : unreadable(path, error);
  } finally {
    await file.close();
  }
}

/** Keeps `text` as the key `name`, durably. Throws a `CommandError` where there is one of the name. */
export async function storeKey(home: CairnHome, name: string, text: string): Promise<string> {
  const path = keyPath(home, name);
  await makeKeysFolder(home);
  await writeKeyFile(path, text);
  return path;
}

/** The folder of the keys, made for the user alone where it is not there. */
export async function makeKeysFolder({ keysFolder }: CairnHome): Promise<void> {
  try {
    await mkdir(keysFolder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unwritable(keysFolder, cause);
  }
}

/** Writes a key into a new file, for the user alone, durably. Throws a `CommandError` where a file is there. */
export async function writeKeyFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    try {
      // A link never takes the place of a key that is there by then.
      await link(draft, path);
    } finally {
      await unlink(draft);
    }
    await syncFolder(join(path, '..'));
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw unwritable(path, cause);
    const message = `${path} is there already, and keys are never written over.`;
    throw new CommandError(EXIT_CODES.refused, 'key-exists', message, cause);
  }
}

/** Takes the key `name` away for good. */
export async function removeStoredKey(home: CairnHome, name: string): Promise<void> {
  const path = keyPath(home, name);
  try {
    await unlink(path);
    await syncFolder(home.keysFolder);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): CommandError {
  return new CommandError(EXIT_CODES.usage, 'key-unreadable', `${path}: ${describeReadFailure(cause)}.`, cause);
}

function unwritable(path: string, cause: unknown): CommandError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CommandError(EXIT_CODES.failed, 'key-unwritable', `${path}: it cannot be written (${reason}).`, cause);
}

const KEY_ENDING = '.pem';
/** Permissions of anybody but the owner. */
const OTHERS_MASK = 0o077;
/** A key file has some 400 bytes; anything much longer is something else. */
const KEY_FILE_BYTES_MAX = 16_384;
