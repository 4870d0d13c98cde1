/** Hypercore, an append-only log that is signed by one writer: as much of it as is measured. */
import { closeSync, fdatasyncSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { requirePeer } from './installed-peers.ts';

/** https://github.com/holepunchto/hypercore/blob/main/README.md */
export interface Hypercore {
  readonly key: Buffer;
  readonly contiguousLength: number;
  ready(): Promise<void>;
  append(records: readonly Buffer[]): Promise<unknown>;
  replicate(isInitiator: boolean): Duplex;
  download(range: { readonly start: number; readonly end: number }): unknown;
  close(): Promise<void>;
}

type HypercoreConstructor = new (folder: string, key?: Buffer) => Hypercore;

/** Opens or creates the log in `folder`; with `key`, that of another writer. */
export async function openHypercore(installed: string, folder: string, key?: Buffer): Promise<Hypercore> {
  const Constructor = requirePeer(installed, 'hypercore', isConstructor);
  const core = key === undefined ? new Constructor(folder) : new Constructor(folder, key);
  await core.ready();
  return core;
}

/** Hypercore leaves it to the system when its journal gets to the disk: this waits until it is there. */
export function syncJournal(folder: string): void {
  const database = join(folder, 'db');
  for (const name of readdirSync(database).filter((file) => file.endsWith('.log'))) {
    const descriptor = openSync(join(database, name), 'r+');
    try {
      fdatasyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}

function isConstructor(module: unknown): module is HypercoreConstructor {
  return typeof module === 'function' && 'prototype' in module;
}
