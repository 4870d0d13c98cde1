/** What this program is built from, as its lock file has it: the data of the demonstration. */
import { readFile } from 'node:fs/promises';
import { type JsonText, jsonValue } from '../core/json-text.ts';

/** One entry for each package: its name, version, and the hash that npm checks it by. Each once, in order. */
export async function readOwnDependencies(): Promise<JsonText[]> {
  const lock: unknown = JSON.parse(await readFile(LOCK_FILE, 'utf8'));
  const entries = new Set<JsonText>();
  for (const [path, about] of Object.entries(membersOf(membersOf(lock)['packages']))) {
    const { version, integrity } = membersOf(about);
    const name = path.split('node_modules/').at(-1);
    if (name === undefined || typeof version !== 'string' || typeof integrity !== 'string') continue;
    entries.add(jsonValue({ integrity, name, version }));
  }
  return [...entries];
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

const LOCK_FILE = new URL('../../package-lock.json', import.meta.url);
