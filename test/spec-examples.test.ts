/** That the worked examples of `docs/spec` are what the code does. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesToHex, decodeUtf8, encodeUtf8 } from '#host';
import { HTTP_ROUTES } from '../src/api/http-routes.ts';
import { RPC_METHODS } from '../src/api/rpc.ts';
import { asertTarget } from '../src/core/asert.ts';
import { assertPresent } from '../src/core/assert.ts';
import { encodeConflictEvidence, parseConflictEvidence, verifyConflictEvidence } from '../src/core/author-conflict.ts';
import { encodeBlockJson, parseBlockJson } from '../src/core/block-json.ts';
import { dataRoot, entryIds, parseBody } from '../src/core/body.ts';
import { canonicalize } from '../src/core/canonical-json.ts';
import { scanCanonical } from '../src/core/canonical-scan.ts';
import { drawPositions } from '../src/core/chain-draws.ts';
import { canonicalObject, signedBytes } from '../src/core/data-integrity.ts';
import { didOfKey } from '../src/core/did-key.ts';
import { checkEntryRules } from '../src/core/entry-rules.ts';
import { createGenesis } from '../src/core/genesis.ts';
import { encodeHeader } from '../src/core/header.ts';
import { historyLeaf, historyRoot } from '../src/core/history.ts';
import { hashLeaf, merkleRoot } from '../src/core/merkle.ts';
import { DEFAULT_PARAMS, encodeParams, paramsHash } from '../src/core/params.ts';
import { parseSignedEntry } from '../src/core/signed-entry.ts';
import { bitsToHex, bitsToTarget, targetToBits, targetToWork } from '../src/core/target.ts';
import { formatTimestamp, parseTimestamp } from '../src/core/timestamp.ts';
import { type ChainPoint, genesisPoint, requiredBits, validateBody, validateHeader } from '../src/core/validation.ts';
import { resolveHome } from '../src/probe/cairn-home.ts';
import { joinList } from '../src/probe/running-nodes.ts';
import { encodeFrame, parseFrameHeader } from '../src/protocol/frame.ts';
import { PEER_MESSAGE_BYTES_MAX } from '../src/protocol/limits.ts';
import { encodeMessage, parseMessage } from '../src/protocol/message.ts';
import { missBound } from './support/miss-bound.ts';
import { signedEntry, signerOf } from './support/signers.ts';
import { exampleRows, readSpecPages } from './support/spec-pages.ts';

const examples = new Map(readSpecPages().flatMap((page) => [...page.examples]));
const genesis = createGenesis(DEFAULT_PARAMS);

/** What is asserted about the text of each example. */
const CHECKS: Readonly<Record<string, (text: string) => void | Promise<void>>> = {
  'author-conflict': (text) => {
    const evidence = parseConflictEvidence(encodeUtf8(text));
    assert.ok(evidence.ok);
    assert.ok(verifyConflictEvidence(evidence.value).ok);
    assert.equal(decodeUtf8(encodeConflictEvidence(evidence.value)), `${text}\n`);
  },
  'default-genesis-hash': (text) => assert.equal(text, genesis.hash),
  'genesis-hash': (text) => assert.equal(text, genesis.hash),
  'default-genesis-header': (text) => assert.equal(joined(text), bytesToHex(encodeHeader(genesis.header))),
  'default-genesis-block': (text) => assert.equal(text, decodeUtf8(encodeBlockJson(genesis))),
  'default-params': (text) => assert.equal(text, encodeParams(DEFAULT_PARAMS)),
  'default-params-hash': (text) => assert.equal(text, paramsHash(DEFAULT_PARAMS)),
  'protocol-id': (text) => assert.equal(text, `/cairn/${genesis.hash}/1`),

  'entry-ids': (text) => {
    for (const [entry, id] of exampleRows(text)) assert.equal(hashLeaf(encodeUtf8(entry)), id);
  },
  'canonical-forms': (text) => {
    for (const [submission, canonical] of exampleRows(text)) {
      assert.deepEqual(canonicalize(submission, DEFAULT_PARAMS), { ok: true, value: canonical });
      const scan = scanCanonical(encodeUtf8(canonical), DEFAULT_PARAMS);
      assert.ok(scan.ok, canonical);
    }
  },
  numbers: (text) => {
    for (const [number, outcome] of exampleRows(text)) {
      const canonical = canonicalize(number, DEFAULT_PARAMS);
      assert.equal(canonical.ok ? canonical.value : canonical.fault.code, outcome, number);
    }
  },

  'tree-roots': (text) => {
    const leaves = ['{"a":1}', '"b"', '3'].map((entry) => hashLeaf(encodeUtf8(entry)));
    for (const [count, root] of exampleRows(text)) assert.equal(merkleRoot(leaves.slice(0, Number(count))), root);
  },
  'data-roots': (text) => {
    for (const [shape, rest] of exampleRows(text)) {
      const [[data, root] = ['', '']] = exampleRows(rest);
      if (shape === '0') {
        assert.equal(dataRoot('genesis', []), root);
        continue;
      }
      const body = parseBody(encodeUtf8(data), DEFAULT_PARAMS);
      assert.ok(body.ok);
      assert.equal(shape, body.value.shape === 'single' ? '1' : '2');
      assert.equal(dataRoot(body.value.shape, entryIds(body.value)), root);
    }
  },
  'history-roots': (text) => {
    for (const [height, root] of exampleRows(text)) {
      const parent = assertPresent(exampleChain()[Number(height) - 1], 'the example chain has two blocks');
      assert.equal(historyRoot(parent.history), root);
    }
  },
  'genesis-history-leaf': (text) => assert.equal(historyLeaf(encodeHeader(genesis.header), 65_537n), text),
  'block-1-header': (text) => {
    const block = assertPresent(exampleChain()[1], 'the example chain has two blocks');
    assert.equal(joined(text), bytesToHex(encodeHeader(block.header)));
  },
  'block-1': (text) => assertCanonicalBlock(text),
  'block-2': (text) => assertCanonicalBlock(text),

  'compact-targets': (text) => {
    for (const [bits, expected] of exampleRows(text)) {
      const target = bitsToTarget(Number.parseInt(bits, 16));
      assert.equal(target === undefined ? 'refused' : hex64(target), expected, bits);
    }
  },
  work: (text) => {
    for (const [bits, work] of exampleRows(text)) assert.equal(targetToWork(targetOf(bits)).toString(), work);
  },
  'asert-steps': (text) => {
    const steps = new Map(exampleRows(text));
    const exponent = (-7n * 65_536n) / 600n;
    const shift = exponent >> 16n;
    const x = exponent - 65_536n * shift;
    const factor =
      65_536n + (195_766_423_245_049n * x + 971_821_376n * x * x + 5_127n * x ** 3n + 2n ** 47n) / 2n ** 48n;
    const target = asertAfter('1e7fffff', 3);
    assert.deepEqual(Object.fromEntries(steps), {
      lateness: '-7',
      exponent: exponent.toString(),
      shift: shift.toString(),
      x: x.toString(),
      factor: factor.toString(),
      target: hex64(target),
      bits: bitsToHex(targetToBits(target)),
    });
    assert.equal(target, (targetOf('1e7fffff') * factor) / 2n ** (16n - shift));
  },
  asert: (text) => {
    const parent = assertPresent(exampleChain()[1], 'the example chain has two blocks');
    for (const [elapsed, bits] of exampleRows(text)) {
      const header = { ...parent.header, bits: 0x1e7fffff, timestamp: 2_000_000_000 };
      const point = { ...parent, header, parentTimestamp: 2_000_000_000 - Number(elapsed) };
      assert.equal(bitsToHex(requiredBits(point, DEFAULT_PARAMS)), bits, elapsed);
    }
  },

  'chain-proof-draws': (text) => {
    const positions = drawPositions({ tip: genesis.hash, work: 65_537_000_000n, sampledWork: 65_000_000_000n });
    const first = text.split('\n').map(BigInt);
    assert.deepEqual(positions?.slice(0, first.length), first);
  },
  'chain-proof-failures': (text) => {
    for (const [done, chance] of exampleRows(text)) {
      const [share = 0, of = 0] = done.split('/').map(Number);
      // What the page says is not less than what is true.
      assert.equal(`2^${Math.ceil(missBound(share / of))}`, chance, done);
    }
  },

  timestamps: (text) => {
    for (const [seconds, timestamp] of exampleRows(text)) {
      assert.equal(formatTimestamp(Number(seconds)), timestamp);
      assert.equal(parseTimestamp(timestamp), Number(seconds));
    }
  },

  frames: (text) => {
    for (const [message, frame] of jsonPairs(text)) assert.equal(decodeUtf8(encodeFrame(encodeUtf8(message))), frame);
  },
  'frame-faults': (text) => {
    for (const [header, code] of jsonPairs(text)) {
      const size = parseFrameHeader(encodeUtf8(header), PEER_MESSAGE_BYTES_MAX);
      assert.equal(size.ok ? size.value : size.fault.code, code, header);
    }
  },
  'probe-words': (text) => {
    for (const [word, frame] of exampleRows(text)) assert.equal(decodeUtf8(encodeFrame(encodeUtf8(word))), frame);
  },
  'http-routes': (text) => {
    const routes = Object.values(HTTP_ROUTES).map(({ method, url, config }) => {
      return [`${method} ${url}`, config.changesState ? 'changes state' : ''];
    });
    assert.deepEqual(exampleRows(text), routes);
  },
  'rpc-methods': (text) => assert.deepEqual(JSON.parse(text), Object.values(RPC_METHODS)),
  'running-node': async (text) => {
    const { port, host, pid, process_start, started, peer_addresses } = JSON.parse(text);
    const root = mkdtempSync(join(tmpdir(), 'cairn-spec-'));
    try {
      const home = resolveHome({ CAIRN_HOME: root });
      await joinList(home, { port, host, started, peer_addresses });
      const entry = JSON.parse(readFileSync(join(root, 'running', `${port}.json`), 'utf8'));
      assert.equal(JSON.stringify({ ...entry, pid, process_start }), text);
    } finally {
      rmSync(root, { recursive: true });
    }
  },
  'peer-messages': (text) => {
    for (const line of text.split('\n')) {
      const message = parseMessage(encodeUtf8(line));
      assert.ok(message.ok, line);
      assert.equal(decodeUtf8(encodeMessage(message.value)), line);
    }
  },

  'did-keys': (text) => {
    for (const [key, author] of exampleRows(text)) assert.equal(didOfKey(Buffer.from(key, 'hex')), author);
  },
  'signed-entry': (text) => {
    assert.equal(decodeUtf8(signedEntry('{"door":"north","event":"opened"}', { signer: signerOf(7) }).bytes), text);
    const checked = checkEntryRules(encodeUtf8(text), hashLeaf(encodeUtf8(text)), DEFAULT_PARAMS);
    assert.equal(checked.ok ? checked.value[0]?.author : undefined, signerOf(7).author);
  },
  'signed-entry-parts': (text) => {
    const bytes = encodeUtf8(examples.get('signed-entry') ?? '');
    const signed = parseSignedEntry(bytes);
    assert.ok(signed?.ok);
    const { document, proofs } = signed.value;
    const [proof] = proofs;
    assert.ok(proof);
    const { options, statement } = proof;
    const parts = [canonicalObject(document), canonicalObject(options), bytesToHex(signedBytes({ document, options }))];
    assert.equal(text, [...parts, hashLeaf(bytes)].join('\n'));
    assert.equal(statement, hashLeaf(bytes));
  },
};

test('every example is checked, and every check has its example', () => {
  assert.deepEqual([...examples.keys()].sort(), Object.keys(CHECKS).sort());
});

for (const [name, check] of Object.entries(CHECKS)) {
  test(`the example '${name}' is what the code does`, () => check(examples.get(name) ?? ''));
}

/** The places of the default network's genesis and of the two example blocks, after checking them. */
function exampleChain(): ChainPoint[] {
  const points = [genesisPoint(DEFAULT_PARAMS)];
  for (const name of ['block-1', 'block-2']) {
    const claimed = parseBlockJson(examples.get(name) ?? '', DEFAULT_PARAMS);
    assert.ok(claimed.ok, name);
    const parent = assertPresent(points.at(-1), 'the genesis is there');
    const point = validateHeader(claimed.value, parent, DEFAULT_PARAMS);
    assert.ok(point.ok, name);
    assert.ok(validateBody(claimed.value, claimed.value.bodyBytes, DEFAULT_PARAMS).ok, name);
    points.push(point.value);
  }
  return points;
}

function assertCanonicalBlock(text: string): void {
  assert.equal(exampleChain().length, 3);
  const claimed = parseBlockJson(text, DEFAULT_PARAMS);
  assert.ok(claimed.ok);
  const block = validateBody(claimed.value, claimed.value.bodyBytes, DEFAULT_PARAMS);
  assert.ok(block.ok);
  assert.equal(decodeUtf8(encodeBlockJson(block.value)), text);
}

/** The target after a parent with `bits` on the default network, unrounded. */
function asertAfter(bits: string, elapsed: number): bigint {
  const { blockInterval, halfLife, targetLimit } = DEFAULT_PARAMS;
  const limit = targetOf(bitsToHex(targetLimit));
  return asertTarget({ reference: targetOf(bits), elapsed, heightDelta: 0, interval: blockInterval, halfLife, limit });
}

function targetOf(bits: string): bigint {
  return assertPresent(bitsToTarget(Number.parseInt(bits, 16)), 'the bits of the example are a target');
}

function hex64(value: bigint): string {
  return value.toString(16).padStart(64, '0');
}

function joined(text: string): string {
  return text.replaceAll('\n', '');
}

function jsonPairs(text: string): [string, string][] {
  return Object.entries(JSON.parse(text) as Record<string, string>);
}
