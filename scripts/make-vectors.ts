/**
 * Writes `vectors/*.json`: `node scripts/make-vectors.ts`. Equal rules give equal files, byte for byte.
 *
 * The files are frozen: `test/vectors.test.ts` reads them and asks the code. They are written anew only when a rule
 * changes, which makes another network.
 */
import { writeFileSync } from 'node:fs';
import { bytesToHex, decodeUtf8, encodeUtf8, hexInto } from '#host';
import { asertTarget } from '../src/core/asert.ts';
import { assert, assertPresent } from '../src/core/assert.ts';
import { type Block, createBlock } from '../src/core/block.ts';
import { encodeBlockJson } from '../src/core/block-json.ts';
import { type Body, dataRoot, entryIds, parseBody } from '../src/core/body.ts';
import { canonicalize } from '../src/core/canonical-json.ts';
import { createGenesis } from '../src/core/genesis.ts';
import { type Hash, hashBytes, hashToNumber } from '../src/core/hash.ts';
import { encodeHeader, type Header, hashHeader, NONCE_MAX, parseHeader } from '../src/core/header.ts';
import { appendLeaf, EMPTY_FRONTIER, historyLeaf, historyRoot } from '../src/core/history.ts';
import { createParams, DEFAULT_PARAMS, encodeParams } from '../src/core/params.ts';
import { bitsToHex, bitsToTarget, targetToBits, targetToWork } from '../src/core/target.ts';
import { formatTimestamp, parseTimestamp } from '../src/core/timestamp.ts';
import {
  type ChainPoint,
  createCandidateHeader,
  genesisPoint,
  hashedHeader,
  validateHeader,
} from '../src/core/validation.ts';
import { archiveVectors } from './archive-vectors.ts';
import { authorVectors } from './author-vectors.ts';
import { chainProofVectors } from './chain-proof-vectors.ts';
import { inclusionProofVectors } from './inclusion-proof-vectors.ts';
import { signatureVectors } from './signature-vectors.ts';

/** The text of every vector file, by its name. */
export function makeVectors(): ReadonlyMap<string, string> {
  const files: Readonly<Record<string, unknown>> = {
    headers: headerVectors(),
    'data-roots': dataRootVectors(),
    'history-roots': historyRootVectors(),
    targets: targetVectors(),
    asert: asertVectors(),
    timestamps: timestampVectors(),
    'canonical-json': canonicalJsonVectors(),
    blocks: blockVectors(),
    'chain-proofs': chainProofVectors(),
    'inclusion-proofs': inclusionProofVectors(),
    signatures: signatureVectors(),
    archives: archiveVectors(),
    authors: authorVectors(),
  };
  return new Map(Object.entries(files).map(([name, value]) => [`${name}.json`, `${JSON.stringify(value, null, 1)}\n`]));
}

function headerVectors(): unknown {
  const random = Array.from({ length: 8 }, (_, i) => ({
    height: randomNumber(`height ${i}`, 2n ** 32n),
    previousHash: randomHash(`previous ${i}`),
    historyRoot: randomHash(`history ${i}`),
    dataRoot: randomHash(`data ${i}`),
    timestamp: randomNumber(`time ${i}`, 2n ** 32n),
    bits: randomNumber(`bits ${i}`, 2n ** 32n),
    nonce: randomNumber(`nonce ${i}`, 2n ** 53n),
  }));
  const genesis = createGenesis(DEFAULT_PARAMS).header;
  const valid = [genesis, { ...genesis, height: 2 ** 32 - 1, nonce: NONCE_MAX }, ...random].map((header) => {
    const bytes = encodeHeader(header);
    return {
      height: header.height,
      previous_hash: header.previousHash,
      history_root: header.historyRoot,
      data_root: header.dataRoot,
      timestamp: header.timestamp,
      bits: bitsToHex(header.bits),
      nonce: header.nonce,
      header: bytesToHex(bytes),
      hash: hashHeader(bytes),
    };
  });
  const hex = bytesToHex(encodeHeader(genesis));
  const refused = [
    hex.slice(2),
    `${hex}00`,
    `4c02${hex.slice(4)}`,
    `00${hex.slice(2)}`,
    `${hex.slice(0, 220)}0020000000000000`,
  ];
  return { valid, refused: refused.map((header) => ({ header, code: faultCode(parseHeader(hexToBytes(header))) })) };
}

function dataRootVectors(): unknown {
  const counted = [2, 3, 4, 5, 7, 8, 9, 33].map((count) => `[${Array.from({ length: count }, (_, i) => i).join(',')}]`);
  const bodies = [
    '{}',
    '"x"',
    '["x"]',
    '[]',
    '[[]]',
    '[{}]',
    'null',
    '["x","x"]',
    '{"__proto__":1,"é":"😀"}',
    ...counted,
  ];
  return [
    { shape: 0, body: '{}', entry_ids: [], data_root: dataRoot('genesis', []) },
    ...bodies.map((text) => {
      const body = bodyOf(text);
      const ids = entryIds(body);
      return {
        shape: body.shape === 'single' ? 1 : 2,
        body: text,
        entry_ids: ids,
        data_root: dataRoot(body.shape, ids),
      };
    }),
  ];
}

function historyRootVectors(): unknown {
  let frontier = EMPTY_FRONTIER;
  let work = 0n;
  return Array.from({ length: 33 }, (_, i) => {
    const header = `4c01${['a', 'b', 'c', 'd'].map((part) => randomHash(`header ${i} ${part}`)).join('')}`.slice(
      0,
      236,
    );
    work += hashToNumber(randomHash(`work ${i}`)) >> BigInt(8 + 6 * i);
    const leaf = historyLeaf(hexToBytes(header), work);
    frontier = appendLeaf(frontier, leaf).frontier;
    return { header, cumulative_work: hex64(work), leaf, count: frontier.count, history_root: historyRoot(frontier) };
  });
}

function targetVectors(): unknown {
  const spelt = [
    '01010000',
    '017f0000',
    '02008000',
    '027fff00',
    '03008000',
    '037fffff',
    '04008000',
    '1b0404cb',
    '1d00ffff',
  ];
  const limits = ['1e7fffff', '1f00ffff', '1f7fffff', '20008000', '207fffff', '2100ffff'];
  const refused = [
    '00000000',
    '01008000',
    '01800000',
    '03000080',
    '04000001',
    '1f800000',
    '1fffffff',
    '22000100',
    '2200ffff',
    'ff123456',
  ];
  const rounded = [1n, 0x7fn, 0x80n, 0x7fffffn, 0x800000n, 0x12345678n, 2n ** 255n - 1n, 2n ** 255n, 2n ** 256n - 1n];
  return {
    bits: [...spelt, ...limits, ...refused].map((bits) => {
      const target = bitsToTarget(Number.parseInt(bits, 16));
      return target === undefined
        ? { bits, target: null }
        : { bits, target: hex64(target), work: targetToWork(target).toString() };
    }),
    rounded: rounded.map((target) => ({ target: hex64(target), bits: bitsToHex(targetToBits(target)) })),
  };
}

function asertVectors(): unknown {
  const networks = [
    { interval: 10, half_life: 600, limit_bits: '1f00ffff' },
    { interval: 600, half_life: 172_800, limit_bits: '1d00ffff' },
    { interval: 1, half_life: 7, limit_bits: '207fffff' },
  ];
  const references = ['01010000', '03123456', '1a2b3c4d', '1d00ffff'];
  const elapsedTimes = [0, 1, 3, 9, 10, 11, 17, 25, 100, 300, 599, 600, 601, 86_400];
  return networks.flatMap((network) =>
    references.flatMap((reference_bits) =>
      elapsedTimes.map((elapsed) => {
        const target = asertTarget({
          reference: targetOf(reference_bits),
          elapsed,
          heightDelta: 0,
          interval: network.interval,
          halfLife: network.half_life,
          limit: targetOf(network.limit_bits),
        });
        return { ...network, reference_bits, elapsed, target: hex64(target), bits: bitsToHex(targetToBits(target)) };
      }),
    ),
  );
}

function timestampVectors(): unknown {
  const days = [0, 58, 59, 11_015, 11_016, 19_782, 47_540, 47_541, 49_709].map((day) => day * 86_400);
  const random = Array.from({ length: 12 }, (_, i) => randomNumber(`timestamp ${i}`, 2n ** 32n));
  const valid = [...days, 86_399, 1_767_225_600, 2 ** 31 - 1, 2 ** 31, ...random, 2 ** 32 - 1];
  const refused = [
    '29/02/2100, 00:00:00',
    '31/04/2026, 00:00:00',
    '00/01/2026, 00:00:00',
    '01/13/2026, 00:00:00',
    '1/01/2026, 00:00:00',
    '01/01/2026 00:00:00',
    '01/01/2026, 24:00:00',
    '31/12/2016, 23:59:60',
    '31/12/1969, 23:59:59',
    '07/02/2106, 06:28:16',
    '2026-01-01T00:00:00Z',
    ' 01/01/2026, 00:00:00',
    '01/01/2026, 00:00:00\n',
    '',
  ];
  for (const timestamp of refused) assert(parseTimestamp(timestamp) === undefined, `${timestamp} is refused`);
  return { valid: valid.map((seconds) => ({ seconds, timestamp: formatTimestamp(seconds) })), refused };
}

function canonicalJsonVectors(): unknown {
  const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  const texts = [
    ' { "b" : 1 , "a" : [ true , null ] } ',
    '{"9":0,"10":0,"":0}',
    '{"\\ue000":1,"\\ud83d\\ude00":2,"\\u00e9":3}',
    '"\\u20ac\\/\\u000A\\u001F\\u007f\\"\\\\\\b"',
    '{"__proto__":{"constructor":1}}',
    '{"a":1,"\\u0061":2}',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '[1,]',
    '[01]',
    '\ufeff1',
    '1 2',
    '',
    'NaN',
    '[-0, 0.10, 1E2, 1e-7, 1e21, 5e-324, 1e-400, 333333333.33333329]',
    '9007199254740991',
    '9007199254740992',
    '9007199254740991.5',
    '1e20',
    '100000000000000000000000',
    '1e400',
    deep(33),
    deep(34),
    `{"a":${deep(31)}}`,
    `{"a":${deep(32)}}`,
  ];
  const submissions = texts.map((text) => {
    const canonical = canonicalize(text, DEFAULT_PARAMS);
    return canonical.ok ? { text, canonical: canonical.value } : { text, code: canonical.fault.code };
  });
  const bodies = [
    '5b312c20325d',
    '7b2262223a312c2261223a327d',
    '7b2261223a312c2261223a327d',
    '22c0af22',
    '22eda08022',
    'efbbbf31',
  ];
  const moreBodies = [
    '225c7530303741',
    '225c753030376122',
    '225c7564383030 22',
    '2d30',
    '312e30',
    '316532',
    '31653136',
    '5b5b5d2c7b7d5d',
  ];
  return {
    submissions,
    bodies: [...bodies, ...moreBodies].map((hex) => {
      const body = hex.replaceAll(' ', '');
      const parsed = parseBody(hexToBytes(body), DEFAULT_PARAMS);
      return parsed.ok ? { body, code: null } : { body, code: parsed.fault.code };
    }),
  };
}

const EASY_PARAMS = createParams({ name: 'vectors', targetLimit: 0x207fffff, blockInterval: 4, halfLife: 12 });

function blockVectors(): unknown {
  const points = [genesisPoint(EASY_PARAMS)];
  const blocks: Block[] = [createGenesis(EASY_PARAMS)];
  const pauses = [4, 0, 0, 1, 0, 30, 2_000, 3, 0, 0, 0, 5];
  for (const [i, pause] of pauses.entries()) {
    const body = bodyOf(i % 3 === 2 ? `{"record":${i}}` : `[${'{"a":1},'.repeat(i)}"last"]`);
    const { block, point } = buildBlock(assertPresent(points.at(-1), 'the genesis is there'), pause, body);
    blocks.push(block);
    points.push(point);
  }
  const parent = assertPresent(points.at(-1), 'the genesis is there');
  const honest = candidate(parent, 3, bodyOf('["x"]'));
  const other = assertPresent(points.at(-3), 'the chain is longer');
  const invalid: Readonly<Record<string, Block>> = {
    'parent-unknown': minedBlock({ ...honest, previousHash: other.hash }, bodyOf('["x"]')),
    'height-wrong': minedBlock({ ...honest, height: honest.height + 1 }, bodyOf('["x"]')),
    'timestamp-before-parent': minedBlock({ ...honest, timestamp: parent.header.timestamp - 1 }, bodyOf('["x"]')),
    'bits-wrong': minedBlock({ ...honest, bits: EASY_PARAMS.targetLimit }, bodyOf('["x"]')),
    'work-too-low': minedBlock(honest, bodyOf('["x"]'), false),
    'history-root-wrong': minedBlock({ ...honest, historyRoot: historyRoot(other.history) }, bodyOf('["x"]')),
    'data-root-wrong': minedBlock(honest, bodyOf('"x"')),
  };
  return {
    params: encodeParams(EASY_PARAMS),
    chain: blocks.map((block, i) => ({ block: blockText(block), work: points[i]?.work.toString() })),
    after_the_tip: Object.entries(invalid).map(([code, block]) => ({ code, block: blockText(block) })),
  };
}

function buildBlock(parent: ChainPoint, pause: number, body: Body): { block: Block; point: ChainPoint } {
  const block = minedBlock(candidate(parent, pause, body), body);
  const point = validateHeader(hashedHeader(block.header), parent, EASY_PARAMS);
  assert(point.ok, 'a block that was built follows the rules');
  return { block, point: point.value };
}

function candidate(parent: ChainPoint, pause: number, body: Body): Header {
  const clockSeconds = parent.header.timestamp + pause;
  const root = dataRoot(body.shape, entryIds(body));
  return createCandidateHeader({ parent, dataRoot: root, clockSeconds, params: EASY_PARAMS });
}

/** The block with the first nonce that meets the stated bits, or the first that does not. */
function minedBlock(header: Header, body: Body, meets = true): Block {
  const target = targetOf(bitsToHex(header.bits));
  for (let nonce = 0; ; nonce++) {
    const block = createBlock({ ...header, nonce }, body);
    if (hashToNumber(block.hash) <= target === meets) return block;
  }
}

function blockText(block: Block): string {
  return assertPresent(decodeUtf8(encodeBlockJson(block)), 'JSON is UTF-8');
}

function bodyOf(text: string): Body {
  const body = parseBody(encodeUtf8(text), DEFAULT_PARAMS);
  assert(body.ok, 'the bodies of the vectors are well formed');
  return body.value;
}

function targetOf(bits: string): bigint {
  return assertPresent(bitsToTarget(Number.parseInt(bits, 16)), 'the bits of the vectors are targets');
}

function faultCode(
  result: { readonly ok: true } | { readonly ok: false; readonly fault: { readonly code: string } },
): string {
  assert(!result.ok, 'what is listed as refused is refused');
  return result.fault.code;
}

/** Random-looking, and the same everywhere. */
function randomHash(label: string): Hash {
  return hashBytes(encodeUtf8(`cairn vectors: ${label}`));
}

function randomNumber(label: string, bound: bigint): number {
  return Number(hashToNumber(randomHash(label)) % bound);
}

function hexToBytes(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  hexInto(hex, bytes, 0);
  return bytes;
}

function hex64(value: bigint): string {
  return value.toString(16).padStart(64, '0');
}

if (import.meta.main) {
  for (const [name, text] of makeVectors()) writeFileSync(new URL(`../vectors/${name}`, import.meta.url), text);
}
