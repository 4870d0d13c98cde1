/** That the code still gives every answer of the frozen `vectors/*.json`. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bytesToHex, encodeUtf8, hexInto } from '#host';
import { judgeLines } from '../scripts/archive-vectors.ts';
import { judgeEvidence, judgeRecord } from '../scripts/author-vectors.ts';
import { makeVectors } from '../scripts/make-vectors.ts';
import { asertTarget } from '../src/core/asert.ts';
import { assertPresent } from '../src/core/assert.ts';
import { encodeBlockJson, parseBlockJson } from '../src/core/block-json.ts';
import { dataRoot, entryIds, parseBody } from '../src/core/body.ts';
import { canonicalize } from '../src/core/canonical-json.ts';
import { drawPositions } from '../src/core/chain-draws.ts';
import { verifyChainProof } from '../src/core/chain-proof.ts';
import { verifyEntryProof } from '../src/core/entry-proof.ts';
import { createGenesis } from '../src/core/genesis.ts';
import type { Hash } from '../src/core/hash.ts';
import { encodeHeader, type Header, hashHeader, parseHeader } from '../src/core/header.ts';
import { verifyHeaderProof } from '../src/core/header-proof.ts';
import { appendLeaf, EMPTY_FRONTIER, historyLeaf, historyRoot } from '../src/core/history.ts';
import { DEFAULT_PARAMS, type NetworkParams, parseParams } from '../src/core/params.ts';
import {
  type EntryProofJson,
  entryProofToJson,
  type HeaderProofJson,
  headerProofToJson,
  parseEntryProof,
  parseHeaderProof,
} from '../src/core/proof-json.ts';
import type { Result } from '../src/core/result.ts';
import { bitsToTarget, targetToBits, targetToWork } from '../src/core/target.ts';
import { formatTimestamp, parseTimestamp } from '../src/core/timestamp.ts';
import { type ChainPoint, genesisPoint, validateBody, validateHeader } from '../src/core/validation.ts';

const FOLDER = new URL('../vectors/', import.meta.url);

test('the frozen files are what the script writes, and there is no other', () => {
  const frozen = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  const made = makeVectors();
  assert.deepEqual(frozen.sort(), [...made.keys()].sort());
  for (const name of frozen) assert.equal(readFileSync(new URL(name, FOLDER), 'utf8'), made.get(name), name);
});

test('headers.json: headers are spelt, read, hashed and refused as frozen', () => {
  const { valid, refused } = read<HeaderVectors>('headers.json');
  for (const vector of valid) {
    const bytes = hexToBytes(vector.header);
    const header = parseHeader(bytes);
    assert.ok(header.ok);
    assert.equal(bytesToHex(encodeHeader(header.value)), vector.header);
    assert.equal(hashHeader(bytes), vector.hash);
    const { height, previousHash, timestamp, bits, nonce } = header.value;
    assert.deepEqual(
      [height, previousHash, timestamp, nonce],
      [vector.height, vector.previous_hash, vector.timestamp, vector.nonce],
    );
    assert.deepEqual([header.value.historyRoot, header.value.dataRoot], [vector.history_root, vector.data_root]);
    assert.equal(bits, Number.parseInt(vector.bits, 16));
  }
  for (const { header, code } of refused) assert.equal(codeOf(parseHeader(hexToBytes(header))), code);
});

test('data-roots.json: entries have their ids, and bodies their roots', () => {
  for (const vector of read<DataRootVector[]>('data-roots.json')) {
    if (vector.shape === 0) {
      assert.equal(dataRoot('genesis', []), vector.data_root);
      continue;
    }
    const body = parseBody(encodeUtf8(vector.body), DEFAULT_PARAMS);
    assert.ok(body.ok, vector.body);
    assert.equal(body.value.shape, vector.shape === 1 ? 'single' : 'array');
    assert.deepEqual(entryIds(body.value), vector.entry_ids);
    assert.equal(dataRoot(body.value.shape, entryIds(body.value)), vector.data_root);
  }
});

test('history-roots.json: a history has its leaves and its root at every length', () => {
  let frontier = EMPTY_FRONTIER;
  for (const vector of read<HistoryVector[]>('history-roots.json')) {
    const leaf = historyLeaf(hexToBytes(vector.header), BigInt(`0x${vector.cumulative_work}`));
    assert.equal(leaf, vector.leaf);
    frontier = appendLeaf(frontier, leaf).frontier;
    assert.equal(frontier.count, vector.count);
    assert.equal(historyRoot(frontier), vector.history_root);
  }
});

test('targets.json: bits stand for their targets and works, and targets round to their bits', () => {
  const { bits, rounded } = read<TargetVectors>('targets.json');
  for (const vector of bits) {
    const target = bitsToTarget(Number.parseInt(vector.bits, 16));
    assert.equal(target === undefined ? null : hex64(target), vector.target, vector.bits);
    if (target !== undefined) assert.equal(targetToWork(target).toString(), vector.work);
  }
  for (const vector of rounded)
    assert.equal(targetToBits(BigInt(`0x${vector.target}`)), Number.parseInt(vector.bits, 16));
});

test('asert.json: the difficulty function has its frozen values', () => {
  for (const vector of read<AsertVector[]>('asert.json')) {
    const target = asertTarget({
      reference: targetOf(vector.reference_bits),
      elapsed: vector.elapsed,
      heightDelta: 0,
      interval: vector.interval,
      halfLife: vector.half_life,
      limit: targetOf(vector.limit_bits),
    });
    assert.equal(hex64(target), vector.target, JSON.stringify(vector));
    assert.equal(targetToBits(target), Number.parseInt(vector.bits, 16));
  }
});

test('timestamps.json: seconds have their text, and no other text is read', () => {
  const { valid, refused } = read<TimestampVectors>('timestamps.json');
  for (const { seconds, timestamp } of valid) {
    assert.equal(formatTimestamp(seconds), timestamp);
    assert.equal(parseTimestamp(timestamp), seconds);
  }
  for (const text of refused) assert.equal(parseTimestamp(text), undefined, text);
});

test('canonical-json.json: submissions become their canonical form or are refused, bodies are judged as frozen', () => {
  const { submissions, bodies } = read<CanonicalVectors>('canonical-json.json');
  for (const { text, canonical, code } of submissions) {
    const outcome = canonicalize(text, DEFAULT_PARAMS);
    assert.equal(outcome.ok ? outcome.value : outcome.fault.code, canonical ?? code, text);
  }
  for (const { body, code } of bodies) assert.equal(codeOf(parseBody(hexToBytes(body), DEFAULT_PARAMS)), code, body);
});

test('blocks.json: the chain is accepted block by block, and each block after its tip is refused for its one fault', () => {
  const vectors = read<BlockVectors>('blocks.json');
  const params = parseParams(vectors.params);
  assert.ok(params.ok);
  let tip = genesisPoint(params.value);
  for (const [height, { block, work }] of vectors.chain.entries()) {
    if (height === 0) {
      assert.equal(block, new TextDecoder().decode(encodeBlockJson(createGenesis(params.value))));
    } else {
      const judged = judge(block, tip, params.value);
      assert.ok(judged.ok, `height ${height}`);
      tip = judged.value;
    }
    assert.equal(tip.work.toString(), work);
  }
  for (const { code, block } of vectors.after_the_tip) assert.equal(codeOf(judge(block, tip, params.value)), code);
});

test('chain-proofs.json: positions are drawn, proofs hold and are refused as frozen', () => {
  const vectors = read<ChainProofVectors>('chain-proofs.json');
  const params = parseParams(vectors.params);
  assert.ok(params.ok);
  for (const { tip, work, work_before_tail, positions } of vectors.draws) {
    const drawn = drawPositions({ tip, work: BigInt(work), sampledWork: BigInt(work_before_tail) });
    assert.deepEqual(drawn?.map(String), positions);
  }
  for (const vector of vectors.valid) {
    const proven = verifyChainProof(hexToBytes(vector.proof), params.value);
    assert.ok(proven.ok);
    const { tip, report } = proven.value;
    assert.deepEqual([tip.header.height, tip.hash, tip.work.toString()], [vector.height, vector.tip, vector.work]);
    assert.deepEqual(report.drawnHeights, vector.drawn_heights);
    assert.equal(report.headersOpened, vector.headers_opened);
  }
  const last = assertPresent(vectors.valid.at(-1), 'there are valid proofs');
  for (const { at, byte, code } of vectors.the_last_with_one_byte_changed) {
    const proven = verifyChainProof(hexToBytes(last.proof).with(at, byte), params.value);
    assert.ok(!proven.ok);
    const { fault } = proven;
    assert.equal(fault.code === 'chain-proof-header-invalid' ? `${fault.code}: ${fault.fault.code}` : fault.code, code);
  }
});

test('inclusion-proofs.json: headers and entries are shown, and are not, as frozen', () => {
  const { header_proofs, entry_proofs } = read<InclusionProofVectors>('inclusion-proofs.json');
  for (const { tip, proof, code = null } of [...header_proofs.valid, ...header_proofs.refused]) {
    const parsed = assertPresent(parseHeaderProof(proof), 'it has the form of a proof');
    assert.deepEqual(headerProofToJson(parsed), proof);
    assert.equal(codeOf(verifyHeaderProof(parsed, headerOf(tip))), code);
  }
  for (const { tip, proof, code = null } of [...entry_proofs.valid, ...entry_proofs.refused]) {
    const parsed = assertPresent(parseEntryProof(proof), 'it has the form of a proof');
    assert.deepEqual(entryProofToJson(parsed), proof);
    assert.equal(codeOf(verifyEntryProof(parsed, headerOf(tip))), code);
  }
});

test('archives.json: blocks prove themselves, and do not, as frozen', () => {
  const { valid, refused } = read<ArchiveVectors>('archives.json');
  for (const { lines } of valid) assert.equal(judgeLines(lines), null);
  for (const { lines, code } of refused) assert.equal(judgeLines(lines), code);
});

test('authors.json: records show, and evidence convicts, as frozen', () => {
  const { records, conflicts, refused } = read<AuthorVectors>('authors.json');
  for (const { author: _, entries, ...report } of records) {
    assert.deepEqual(judgeRecord(entries.map((text) => encodeUtf8(text))), report);
  }
  for (const { evidence, ...verdict } of [...conflicts, ...refused]) assert.deepEqual(judgeEvidence(evidence), verdict);
});

function judge(text: string, parent: ChainPoint, params: NetworkParams): Result<ChainPoint, { readonly code: string }> {
  const claimed = parseBlockJson(text, params);
  if (!claimed.ok) return claimed;
  const point = validateHeader(claimed.value, parent, params);
  if (!point.ok) return point;
  const block = validateBody(claimed.value, claimed.value.bodyBytes, params);
  return block.ok ? point : block;
}

function read<Vectors>(name: string): Vectors {
  return JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));
}

function codeOf(result: Result<unknown, { readonly code: string }>): string | null {
  return result.ok ? null : result.fault.code;
}

function headerOf(hex: string): Header {
  const header = parseHeader(hexToBytes(hex));
  assert.ok(header.ok);
  return header.value;
}

function targetOf(bits: string): bigint {
  return assertPresent(bitsToTarget(Number.parseInt(bits, 16)), 'the bits of the vectors are targets');
}

function hexToBytes(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  hexInto(hex, bytes, 0);
  return bytes;
}

function hex64(value: bigint): string {
  return value.toString(16).padStart(64, '0');
}

interface HeaderVectors {
  readonly valid: readonly {
    readonly height: number;
    readonly previous_hash: string;
    readonly history_root: string;
    readonly data_root: string;
    readonly timestamp: number;
    readonly bits: string;
    readonly nonce: number;
    readonly header: string;
    readonly hash: string;
  }[];
  readonly refused: readonly { readonly header: string; readonly code: string }[];
}

interface DataRootVector {
  readonly shape: 0 | 1 | 2;
  readonly body: string;
  readonly entry_ids: readonly string[];
  readonly data_root: string;
}

interface HistoryVector {
  readonly header: string;
  readonly cumulative_work: string;
  readonly leaf: string;
  readonly count: number;
  readonly history_root: string;
}

interface TargetVectors {
  readonly bits: readonly { readonly bits: string; readonly target: string | null; readonly work?: string }[];
  readonly rounded: readonly { readonly target: string; readonly bits: string }[];
}

interface AsertVector {
  readonly interval: number;
  readonly half_life: number;
  readonly limit_bits: string;
  readonly reference_bits: string;
  readonly elapsed: number;
  readonly target: string;
  readonly bits: string;
}

interface TimestampVectors {
  readonly valid: readonly { readonly seconds: number; readonly timestamp: string }[];
  readonly refused: readonly string[];
}

interface CanonicalVectors {
  readonly submissions: readonly { readonly text: string; readonly canonical?: string; readonly code?: string }[];
  readonly bodies: readonly { readonly body: string; readonly code: string | null }[];
}

interface ChainProofVectors {
  readonly params: string;
  readonly draws: readonly {
    readonly tip: Hash;
    readonly work: string;
    readonly work_before_tail: string;
    readonly positions: readonly string[];
  }[];
  readonly valid: readonly {
    readonly height: number;
    readonly tip: string;
    readonly work: string;
    readonly drawn_heights: readonly number[];
    readonly headers_opened: number;
    readonly proof: string;
  }[];
  readonly the_last_with_one_byte_changed: readonly {
    readonly at: number;
    readonly byte: number;
    readonly code: string;
  }[];
}

interface AuthorVectors {
  readonly records: readonly { readonly author: string; readonly entries: readonly string[] }[];
  readonly conflicts: readonly { readonly evidence: string }[];
  readonly refused: readonly { readonly evidence: string; readonly code: string }[];
}

interface ArchiveVectors {
  readonly valid: readonly { readonly lines: readonly string[] }[];
  readonly refused: readonly { readonly lines: readonly string[]; readonly code: string }[];
}

interface InclusionProofVectors {
  readonly header_proofs: ProofVectors<HeaderProofJson>;
  readonly entry_proofs: ProofVectors<EntryProofJson>;
}

interface ProofVectors<Proof> {
  readonly valid: readonly { readonly tip: string; readonly proof: Proof; readonly code?: string }[];
  readonly refused: readonly { readonly tip: string; readonly proof: Proof; readonly code: string }[];
}

interface BlockVectors {
  readonly params: string;
  readonly chain: readonly { readonly block: string; readonly work: string }[];
  readonly after_the_tip: readonly { readonly code: string; readonly block: string }[];
}
