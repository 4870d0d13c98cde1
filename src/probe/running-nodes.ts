/**
 * The list of running nodes: a folder with one file for each node, `<port>.json` (docs/spec/running-nodes.md).
 *
 * Files are whole from the moment they are there. Nobody owns the folder: whoever sees an entry whose process is gone,
 * or that is none, takes it away.
 */
import { randomUUID } from 'node:crypto';
import { constants, watch } from 'node:fs';
import { type FileHandle, link, lstat, mkdir, open, readdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { CairnHome } from './cairn-home.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** An entry of the list, as it stands in its file. */
export interface RunningNode extends ProcessIdentity {
  /** Of its probe socket: the name of the node on this machine. */
  readonly port: number;
  readonly host: string;
  /** ISO 8601, UTC. */
  readonly started: string;
  /** Where other nodes reach it. */
  readonly peer_addresses: readonly string[];
}

/** What a node says of itself; its process is known. */
export type JoiningNode = Omit<RunningNode, keyof ProcessIdentity>;

/** Another node of this home has the port, and runs. */
class PortInUseError extends Error {
  override readonly name = 'PortInUseError';
  readonly code = 'port-in-use';

  constructor(node: RunningNode) {
    super(`a node runs at port ${node.port} already (process ${node.pid}): stop it or choose another port`);
  }
}

/** What has the name of the entry is no file, or comes back each time it is removed. */
class EntryBlockedError extends Error {
  override readonly name = 'EntryBlockedError';
  readonly code = 'entry-blocked';

  constructor(path: string) {
    super(`${path} is no entry of the list of running nodes and cannot be replaced: move it away`);
  }
}

/** Puts this process on the list as `node`. Throws `PortInUseError` where a node that runs is there under its port. */
export async function joinList(home: CairnHome, node: JoiningNode): Promise<{ leave(): Promise<void> }> {
  await makeFolder(home);
  const { port, host, started, peer_addresses } = node;
  const entry: RunningNode = { port, host, ...(await ownIdentity()), started, peer_addresses };
  const path = entryPath(home, port);
  const draftPath = join(home.runningFolder, `.${port}.${entry.pid}.${randomUUID()}.tmp`);
  await writeFile(draftPath, `${JSON.stringify(entry)}\n`, { mode: 0o600, flag: 'wx' });
  try {
    for (let tries = 1; !(await tryLink(draftPath, path)); tries++) {
      if (tries === JOIN_TRIES_MAX) throw new EntryBlockedError(path);
      const other = await findRunning(home, port);
      if (other !== undefined) throw new PortInUseError(other);
      // Somebody else may be at removing it, and be held up.
      await pause(tries - 1);
    }
    const own = await readEntry(path, port);
    return {
      async leave() {
        if (own !== undefined) await removeFile(path, own.file);
      },
    };
  } finally {
    await unlink(draftPath);
  }
}

/** The nodes that run, by port. Entries of others are dropped. */
export async function listRunning(home: CairnHome): Promise<RunningNode[]> {
  const nodes: RunningNode[] = [];
  for (const name of await readdir(home.runningFolder).catch(emptyIfMissing)) {
    const port = ENTRY_NAME.exec(name)?.[1];
    const node = port === undefined ? await dropDraft(home, name) : await findRunning(home, Number(port));
    if (node !== undefined) nodes.push(node);
  }
  return nodes.sort((a, b) => a.port - b.port);
}

/** The node with this port, if it runs. An entry that is none, or of a process that is gone, is dropped. */
export async function findRunning(home: CairnHome, port: number): Promise<RunningNode | undefined> {
  const path = entryPath(home, port);
  const found = await readEntry(path, port);
  if (found === undefined) return undefined;
  if (found.node !== undefined && (await isAlive(found.node))) return found.node;
  await removeFile(path, found.file);
  return undefined;
}

/**
 * Calls `onChange` when the list may have changed, until the signal is aborted. A node that dies without leaving
 * changes nothing in the folder: nobody hears of it until somebody looks.
 */
export async function watchRunning(
  home: CairnHome,
  onChange: () => void,
  options: { readonly signal: AbortSignal; readonly onError?: (error: unknown) => void },
): Promise<void> {
  await makeFolder(home);
  if (options.signal.aborted) return;
  const watcher = watch(home.runningFolder, { signal: options.signal }, (_event, name) => {
    if (name === null || ENTRY_NAME.test(name)) onChange();
  });
  watcher.on('error', (error) => options.onError?.(error));
}

/** Which file stood at a path: another one in its place differs in one of these. */
interface FileIdentity {
  readonly ino: bigint;
  readonly mtimeNs: bigint;
}

/** An entry's file, and the node in it if it is an entry. */
interface FoundEntry {
  readonly file: FileIdentity;
  readonly node: RunningNode | undefined;
}

async function makeFolder(home: CairnHome): Promise<void> {
  await mkdir(home.runningFolder, { recursive: true, mode: 0o700 });
}

function entryPath(home: CairnHome, port: number): string {
  return join(home.runningFolder, `${port}.json`);
}

/** Gives the file at `existing` the name `path` too. False where something has that name. */
async function tryLink(existing: string, path: string): Promise<boolean> {
  try {
    await link(existing, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Undefined where no file is, be there nothing or a folder. */
async function readEntry(path: string, port: number): Promise<FoundEntry | undefined> {
  let handle: FileHandle;
  try {
    // Without O_NONBLOCK a named pipe would hold us up.
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    const stat = await handle.stat({ bigint: true });
    if (!stat.isFile()) return undefined;
    const { ino, mtimeNs } = stat;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(ENTRY_BYTES_MAX + 1), 0, ENTRY_BYTES_MAX + 1, 0);
    const node = bytesRead > ENTRY_BYTES_MAX ? undefined : parseEntry(buffer.toString('utf8', 0, bytesRead), port);
    return { file: { ino, mtimeNs }, node };
  } finally {
    await handle.close();
  }
}

/**
 * Removes the file at `path` if it is `file`.
 *
 * Between a look and a removal another node may have put its entry there. So whoever removes a file first claims it, by
 * giving it a second name that follows from the file: one at a time can, and while it does, nobody else takes that file
 * away from `path`. A claim on another file is given back.
 */
async function removeFile(path: string, file: FileIdentity): Promise<void> {
  const claimPath = join(path, '..', `.removed.${file.ino}.${file.mtimeNs}.tmp`);
  try {
    if (!(await tryLink(path, claimPath))) return;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  const claimed = await lstat(claimPath, { bigint: true });
  if (claimed.ino === file.ino && claimed.mtimeNs === file.mtimeNs) await unlink(path);
  await unlink(claimPath);
}

/** Drops what a process left behind that died while it joined. */
async function dropDraft(home: CairnHome, name: string): Promise<undefined> {
  const pid = DRAFT_NAME.exec(name)?.[1];
  if (pid === undefined || (await isAlive({ pid: Number(pid), process_start: null }))) return;
  await unlink(join(home.runningFolder, name)).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
}

function parseEntry(text: string, port: number): RunningNode | undefined {
  let entry: unknown;
  try {
    entry = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isRunningNode(entry) && entry.port === port ? entry : undefined;
}

function isRunningNode(entry: unknown): entry is RunningNode {
  if (typeof entry !== 'object' || entry === null) return false;
  const { port, host, pid, started, process_start, peer_addresses }: Partial<Record<keyof RunningNode, unknown>> =
    entry;
  return (
    isPositiveInteger(port) &&
    port <= PORT_MAX &&
    typeof host === 'string' &&
    isPositiveInteger(pid) &&
    typeof started === 'string' &&
    !Number.isNaN(Date.parse(started)) &&
    (process_start === null || Number.isSafeInteger(process_start)) &&
    Array.isArray(peer_addresses) &&
    peer_addresses.every((address) => typeof address === 'string')
  );
}

function isPositiveInteger(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function emptyIfMissing(error: unknown): string[] {
  if (hasCode(error, 'ENOENT')) return [];
  throw error;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** One removes a dead entry; more are needed only while others are at it too, who are given 1.2 s in all. */
const JOIN_TRIES_MAX = 50;
const PORT_MAX = 65_535;
const ENTRY_BYTES_MAX = 65_536;
const ENTRY_NAME = /^([1-9][0-9]{0,4})\.json$/;
const DRAFT_NAME = /^\.[0-9]+\.([1-9][0-9]*)\.[0-9a-f-]{36}\.tmp$/;
