/** Runs of headers as they travel, written and read one by one. */
import assert from 'node:assert/strict';
import { encodeHeader, HEADER_BYTES, type Header, hashHeader, parseHeader } from '../../src/core/header.ts';
import type { HashedHeader } from '../../src/core/validation.ts';

/** 118 bytes for each header. */
export function encodeRun(headers: readonly Header[]): Uint8Array {
  return new Uint8Array(Buffer.concat(headers.map(encodeHeader)));
}

export function readRun(run: Uint8Array): HashedHeader[] {
  return Array.from({ length: run.length / HEADER_BYTES }, (_, i) => {
    const bytes = run.subarray(i * HEADER_BYTES, (i + 1) * HEADER_BYTES);
    const header = parseHeader(bytes);
    assert.ok(header.ok, 'a header of an honest peer is well formed');
    return { header: header.value, bytes, hash: hashHeader(bytes) };
  });
}
