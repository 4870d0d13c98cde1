/** A node's identity towards its peers: one Ed25519 key in a file that nobody else can read. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, link, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import type { Ed25519PrivateKey } from '@libp2p/interface';

export type NodeKey = Ed25519PrivateKey;

export type NodeKeyErrorCode =
  | 'node-key-exposed'
  | 'node-key-malformed'
  | 'node-key-unreadable'
  | 'node-key-unwritable';

export class NodeKeyError extends Error {
  override readonly name = 'NodeKeyError';
  readonly code: NodeKeyErrorCode;

  constructor(code: NodeKeyErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/**
 * The key in the file at `path`, made first if there is none. The file is the base64 of the key's libp2p form, has mode
 * 0600 from the moment it exists and appears whole or not at all, so that a crash leaves no half a key and of two
 * processes that make one at the same time both get the same. Its folder must exist.
 */
export async function loadNodeKey(path: string): Promise<NodeKey> {
  const existing = await readNodeKey(path);
  if (existing !== undefined) return existing;
  await createNodeKey(path);
  const created = await readNodeKey(path);
  if (created === undefined) throw new NodeKeyError('node-key-unreadable', `the node key at ${path} has vanished`);
  return created;
}

async function readNodeKey(path: string): Promise<NodeKey | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new NodeKeyError('node-key-unreadable', `the node key at ${path} cannot be opened`, error);
  }
  try {
    const status = await file.stat();
    if (!status.isFile() || status.size > KEY_FILE_BYTES_MAX) throw malformed(path);
    const { mode } = status;
    if (process.platform !== 'win32' && (mode & OTHERS_MASK) !== 0) {
      const shown = (mode & 0o777).toString(8).padStart(4, '0');
      throw new NodeKeyError(
        'node-key-exposed',
        `the node key at ${path} can be used by other users (mode ${shown}): run 'chmod 600 ${path}', or delete the file to get a new identity`,
      );
    }
    return parseNodeKey(path, await file.readFile('utf8'));
  } catch (error) {
    if (error instanceof NodeKeyError) throw error;
    throw new NodeKeyError('node-key-unreadable', `the node key at ${path} cannot be read`, error);
  } finally {
    await file.close();
  }
}

function parseNodeKey(path: string, text: string): NodeKey {
  const line = text.trim();
  const bytes = Buffer.from(line, 'base64');
  // Buffer skips what is not base64, so only text that comes out the same again is taken for a key.
  if (bytes.length === 0 || bytes.toString('base64') !== line) throw malformed(path);
  let key: ReturnType<typeof privateKeyFromProtobuf>;
  try {
    key = privateKeyFromProtobuf(bytes);
  } catch (error) {
    throw malformed(path, error);
  }
  if (key.type !== 'Ed25519') throw malformed(path);
  return key;
}

/** Writes beside the place and links into it: a link never replaces a key that is there by then. */
async function createNodeKey(path: string): Promise<void> {
  const key = await generateKeyPair('Ed25519');
  const draft = `${path}.${randomUUID()}`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(`${Buffer.from(privateKeyToProtobuf(key)).toString('base64')}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    try {
      await link(draft, path);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    } finally {
      await unlink(draft);
    }
    await syncFolder(dirname(path));
  } catch (error) {
    throw new NodeKeyError('node-key-unwritable', `no node key can be made at ${path}`, error);
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder, and needs no sync of it.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function malformed(path: string, cause?: unknown): NodeKeyError {
  return new NodeKeyError(
    'node-key-malformed',
    `the file at ${path} is not a node key: restore it, or delete it to get a new identity`,
    cause,
  );
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Permissions of anybody but the owner. */
const OTHERS_MASK = 0o077;
/** A key file has 93 bytes; anything much longer is something else. */
const KEY_FILE_BYTES_MAX = 1024;
