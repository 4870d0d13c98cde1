/** What a store asks of an engine for blocks that come in order: the least that all engines have to do alike. */
import { createHash } from 'node:crypto';
import { originEvent } from '../records.ts';

/** One block, as a store keeps it. */
export interface StoredRecord {
  readonly height: number;
  /** 32 bytes; keys in random order. */
  readonly hash: Buffer;
  /** Header and work: 150 bytes. */
  readonly head: Buffer;
  readonly body: Buffer;
  /** Two nodes of the history tree, 32 bytes each. The first one's position is twice the height. */
  readonly nodes: readonly [Buffer, Buffer];
}

export interface BlockEngine {
  /** Durable when it is done. */
  commit(records: readonly StoredRecord[]): Promise<void> | void;
  bodyAt(height: number): Uint8Array | undefined;
  bodyOf(hash: Buffer): Uint8Array | undefined;
  close(): Promise<void> | void;
}

export interface EngineKind {
  readonly name: string;
  /** In `folder`, which is there. */
  open(folder: string): Promise<BlockEngine> | BlockEngine;
}

/** The record at `height`, with a body of about `bodyBytes`. Equal heights give equal records. */
export function makeRecord(height: number, bodyBytes: number): StoredRecord {
  const hash = recordHash(height);
  const head = Buffer.alloc(HEAD_BYTES, hash);
  const event = JSON.stringify(originEvent(height));
  // Of a large body all but the beginning is the same text: to make it should take no time beside keeping it.
  const body =
    bodyBytes <= event.length
      ? Buffer.from(event)
      : Buffer.concat([Buffer.from(event), filler(bodyBytes - event.length)]);
  return { height, hash, head, body, nodes: [digest(`left ${height}`), digest(`right ${height}`)] };
}

/** The hash of the record at `height`. */
export function recordHash(height: number): Buffer {
  return digest(`block ${height}`);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function filler(sizeBytes: number): Buffer {
  if (events.length < sizeBytes) {
    const texts = Array.from({ length: Math.ceil(sizeBytes / 250) }, (_, i) => JSON.stringify(originEvent(i)));
    events = Buffer.from(texts.join());
  }
  return events.subarray(0, sizeBytes);
}

let events = Buffer.alloc(0);
const HEAD_BYTES = 150;
