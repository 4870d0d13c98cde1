/** What checking headers and blocks costs, from the bytes that a peer sends to a place in the chain. */
import { sha256Hex } from '#host';
import { assert } from '../src/core/assert.ts';
import { bodyFromEntries, entryBytes, parseBody } from '../src/core/body.ts';
import { HEADER_BYTES, hashHeader, parseHeader } from '../src/core/header.ts';
import { followHeaders, validateHeaders } from '../src/core/header-run.ts';
import { type ChainPoint, genesisPoint, validateBody, validateHeader } from '../src/core/validation.ts';
import { buildWireBlocks, CHAIN_PARAMS, eventBody, placeAt, type WireBlock } from './chain.ts';
import { type Comparison, repeated } from './harness.ts';

/**
 * Expected: 13 to 14 hashes a header at a height of a million, two thirds of them to fold the history, and five less at
 * 2,000. In lanes a compression takes 0.1 us, and the rest of a header as long as ten of them.
 */
export function headerValidation(count: number, height: number): Comparison {
  const parent = height === 0 ? genesisPoint(CHAIN_PARAMS) : placeAt(height);
  const blocks = buildWireBlocks(count, () => bodyFromEntries([]), parent);
  const bytes = new Uint8Array(HEADER_BYTES * count);
  for (const [i, { headerBytes }] of blocks.entries()) bytes.set(headerBytes, HEADER_BYTES * i);
  return {
    name: `validate ${count} headers from height ${height} on`,
    unit: 'headers',
    variants: [
      repeated(
        'validateHeaders, from bytes',
        count,
        () => assert(validateHeaders(bytes, parent, CHAIN_PARAMS).fault === undefined, 'the headers follow the rules'),
        { expectedPerSecond: 250_000 },
      ),
      repeated(
        'followHeaders, which keeps the last place alone',
        count,
        () => assert(followHeaders(bytes, parent, CHAIN_PARAMS).count === count, 'the headers follow the rules'),
        { expectedRatio: 0.85 },
      ),
      repeated(
        'parseHeader + hashHeader + validateHeader, one by one',
        count,
        () => {
          let tip = parent;
          for (const block of blocks) tip = followHeader(block, tip);
        },
        { expectedRatio: 4 },
      ),
      repeated(
        'SHA-256 of the 118 bytes alone',
        count,
        () => {
          for (const { headerBytes } of blocks) sha256Hex(headerBytes);
        },
        { expectedRatio: 0.13 },
      ),
    ],
  };
}

/** Expected: of the 2.5 us an entry, the scan takes half, the id and the tree the rest. */
export function bodyValidation(count: number): Comparison {
  const entries = 1000;
  const blocks = buildWireBlocks(count, (height) => eventBody(height, entries));
  const bytes = blocks.reduce((sum, { bodyBytes }) => sum + bodyBytes.length, 0);
  const spans = blocks.map(({ bodyBytes }) => entriesOf(bodyBytes));
  const entryBytesMean = bytes / (count * entries);
  return {
    name: `validate ${count} blocks of ${entries} entries of ${Math.round(entryBytesMean)} bytes`,
    unit: 'entries',
    unitBytes: entryBytesMean,
    variants: [
      repeated(
        'validateHeader + validateBody, from bytes',
        count * entries,
        () => {
          let tip = genesisPoint(CHAIN_PARAMS);
          for (const block of blocks) {
            tip = followHeader(block, tip);
            assert(validateBody(tip, block.bodyBytes, CHAIN_PARAMS).ok, 'the blocks follow the rules');
          }
        },
        { expectedPerSecond: 400_000 },
      ),
      repeated(
        'SHA-256 of the bodies, each in one piece',
        count * entries,
        () => {
          for (const { bodyBytes } of blocks) sha256Hex(bodyBytes);
        },
        { expectedRatio: 0.08 },
      ),
      repeated(
        'SHA-256 of every entry by itself',
        count * entries,
        () => {
          for (const block of spans) for (const entry of block) sha256Hex(entry);
        },
        { expectedRatio: 0.2 },
      ),
    ],
  };
}

function followHeader({ headerBytes }: WireBlock, parent: ChainPoint): ChainPoint {
  const header = parseHeader(headerBytes);
  assert(header.ok, 'the headers are well formed');
  const candidate = { header: header.value, bytes: headerBytes, hash: hashHeader(headerBytes) };
  const point = validateHeader(candidate, parent, CHAIN_PARAMS);
  assert(point.ok, 'the headers follow the rules');
  return point.value;
}

function entriesOf(bodyBytes: Uint8Array): Uint8Array[] {
  const body = parseBody(bodyBytes, CHAIN_PARAMS);
  assert(body.ok, 'the bodies are well formed');
  return Array.from({ length: body.value.spans.length / 2 }, (_, i) => entryBytes(body.value, i));
}
