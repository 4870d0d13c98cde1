/** What checking headers and blocks costs, from the bytes that a peer sends to a place in the chain. */
import { sha256Hex } from '#host';
import { assert } from '../src/core/assert.ts';
import { bodyFromEntries, entryBytes, parseBody } from '../src/core/body.ts';
import { hashHeader, parseHeader } from '../src/core/header.ts';
import { type ChainPoint, genesisPoint, validateBody, validateHeader } from '../src/core/validation.ts';
import { buildWireBlocks, CHAIN_PARAMS, eventBody, type WireBlock } from './chain.ts';
import { type Comparison, repeated } from './harness.ts';

/** Expected: ten hashes or so a header, most of them to fold the history, at 0.4 us each. */
export function headerValidation(count: number): Comparison {
  const blocks = buildWireBlocks(count, () => bodyFromEntries([]));
  return {
    name: `validate ${count} headers`,
    unit: 'headers',
    variants: [
      repeated(
        'parseHeader + hashHeader + validateHeader, from bytes',
        count,
        () => {
          let tip = genesisPoint(CHAIN_PARAMS);
          for (const block of blocks) tip = followHeader(block, tip);
        },
        { expectedPerSecond: 120_000 },
      ),
      repeated(
        'SHA-256 of the 118 bytes alone',
        count,
        () => {
          for (const { headerBytes } of blocks) sha256Hex(headerBytes);
        },
        { expectedRatio: 0.07 },
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
