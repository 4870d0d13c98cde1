/**
 * `light`: what it takes to show a chain to who has none of it. Proofs come from a store as a node has it, and are judged with
 * Node's hashes, and with those that run anywhere, which is what a browser has.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { assert, assertPresent } from '../src/core/assert.ts';
import { type ProvenChain, verifyChainProof } from '../src/core/chain-proof.ts';
import { verifyEntryProof } from '../src/core/entry-proof.ts';
import type { Hash } from '../src/core/hash.ts';
import { HEADER_BYTES } from '../src/core/header.ts';
import { PROOF_HEADERS_MAX, verifyHeaderProof } from '../src/core/header-proof.ts';
import { followHeaders } from '../src/core/header-run.ts';
import { hashLeaf } from '../src/core/merkle.ts';
import { entryProofToJson, headerProofToJson } from '../src/core/proof-json.ts';
import { genesisPoint } from '../src/core/validation.ts';
import { ProofDesk } from '../src/node/proof-desk.ts';
import { HEADERS_PER_MESSAGE_MAX } from '../src/protocol/limits.ts';
import type { ChainStore } from '../src/storage/chain-store.ts';
import { openThreadedStore } from '../src/storage/threaded-store.ts';
import type { PortableVerdict } from './light-verifier.ts';
import type { Figure, Measurement } from './measurement.ts';
import { firstMessage } from './metered-node.ts';
import { BenchWorld } from './scale/bench-world.ts';
import { SCALE_PARAMS, type ScaleChain, scaleBody } from './scale/scale-chain.ts';

interface Timed<Value> {
  readonly value: Value;
  readonly ms: number;
  readonly processorMs: number;
}

/** What was expected of a size before the first run. */
interface Expected {
  readonly proofKilobytes: number;
  readonly madeMs: number;
  readonly verifiedMs: number;
}

const SIZES: readonly (readonly [blocks: number, expected: Expected])[] = [
  [1_000, { proofKilobytes: 44, madeMs: 10, verifiedMs: 10 }],
  [100_000, { proofKilobytes: 150, madeMs: 40, verifiedMs: 60 }],
  [1_000_000, { proofKilobytes: 230, madeMs: 60, verifiedMs: 80 }],
];

/** To see that everything runs: all headers, and some of them. */
const QUICK_SIZES: typeof SIZES = [
  [300, { proofKilobytes: 13, madeMs: 3, verifiedMs: 3 }],
  [2_500, { proofKilobytes: 60, madeMs: 20, verifiedMs: 20 }],
];

/** Measures each size. */
export async function* light(options: { readonly isQuick: boolean }): AsyncGenerator<Measurement> {
  const world = new BenchWorld({ ...options, wantsPeers: false });
  const rounds = options.isQuick ? 2 : 9;
  try {
    for (const [blocks, expected] of options.isQuick ? QUICK_SIZES : SIZES) {
      yield await measure(await world.singles(blocks), expected, rounds);
    }
  } finally {
    world.close();
  }
}

async function measure(chain: ScaleChain, expected: Expected, rounds: number): Promise<Measurement> {
  const { folder, blocks } = chain;
  const store = await openThreadedStore({ folder, params: SCALE_PARAMS, onFailure: () => undefined });
  try {
    const cold = await timed(() => store.chainProof());
    const proof = assertPresent(cold.value.bytes, 'the chain has a proof');
    const warm = await medians(rounds, () => store.chainProof());
    const desk = new ProofDesk({ store, tip: () => chain.tip });
    await desk.chainProof();
    const cachedMs = await medianMs(rounds, () => desk.chainProof());
    const proven = verifyChainProof(proof, SCALE_PARAMS);
    assert(proven.ok && proven.value.tip.hash === chain.tip, 'the proof holds');
    const verified = await medians(rounds, async () => verifyChainProof(proof, SCALE_PARAMS));
    const portable = await verifyAnywhere(proof, rounds);
    const headers = await timed(() => followAll(store, chain.tip));
    const { headersOpened, draws } = proven.value.report;
    return {
      name: `show a chain of ${blocks} blocks, medians of ${rounds}`,
      figures: [
        {
          name: 'chain proof',
          value: proof.length / 1e3,
          unit: 'kB',
          aim: 500,
          better: 'less',
          expected: expected.proofKilobytes,
        },
        { name: 'all headers instead', value: (blocks * HEADER_BYTES) / 1e3, unit: 'kB' },
        { name: 'made by a store just opened', value: cold.ms, unit: 'ms' },
        { name: 'made again', value: warm.ms, unit: 'ms', expected: expected.madeMs },
        { name: 'made again, processor time', value: warm.processorMs, unit: 'ms' },
        { name: 'asked for again at the same tip', value: cachedMs, unit: 'ms' },
        { name: "verified, with Node's hashes", value: verified.ms, unit: 'ms', expected: expected.verifiedMs },
        { name: "verified, with Node's hashes, processor time", value: verified.processorMs, unit: 'ms' },
        {
          name: 'verified for the first time, with hashes that run anywhere',
          value: portable.firstMs,
          unit: 'ms',
          aim: 1_000,
          better: 'less',
        },
        { name: 'verified again, with hashes that run anywhere', value: portable.medianMs, unit: 'ms' },
        { name: 'verified again, with those, processor time', value: portable.processorMs, unit: 'ms' },
        { name: "all headers read and judged instead, with Node's hashes", value: headers.ms, unit: 'ms' },
        ...(await inclusionFigures(store, proven.value, rounds)),
      ],
      remarks: [`${headersOpened} headers are opened, ${draws} places were drawn`],
    };
  } finally {
    await store.close();
  }
}

/** Of headers and entries below the tip, at random heights. */
async function inclusionFigures(store: ChainStore, { tip }: ProvenChain, rounds: number): Promise<Figure[]> {
  const { height } = tip.header;
  const count = Math.min(PROOF_HEADERS_MAX, height);
  const heights = [...new Set(Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * height) / count)))];
  const header = await store.headerProof({ tip: tip.hash, heights });
  const bytes = scaleBody(height >> 1, 1).bytes;
  const question = { tip: tip.hash, id: hashLeaf(bytes) };
  const entry = await store.entryProof(question);
  assert(header.ok && entry.ok, 'what is on the chain is shown');
  const [headerProof, entryProof] = [header.value, entry.value];
  return [
    {
      name: `header proof, ${heights.length} headers, as JSON`,
      value: JSON.stringify(headerProofToJson(headerProof)).length / 1e3,
      unit: 'kB',
    },
    {
      name: 'header proof, made',
      value: await medianMs(rounds, () => store.headerProof({ tip: tip.hash, heights })),
      unit: 'ms',
    },
    {
      name: 'header proof, verified',
      value: await medianMs(rounds, async () => assert(verifyHeaderProof(headerProof, tip.header).ok, 'it holds')),
      unit: 'ms',
    },
    { name: 'entry proof, as JSON', value: JSON.stringify(entryProofToJson(entryProof)).length / 1e3, unit: 'kB' },
    { name: 'entry proof, made', value: await medianMs(rounds, () => store.entryProof(question)), unit: 'ms' },
    {
      name: 'entry proof, verified',
      value: await medianMs(rounds, async () => assert(verifyEntryProof(entryProof, tip.header).ok, 'it holds')),
      unit: 'ms',
    },
  ];
}

/** What a light client without proofs would do, but for the network. */
async function followAll(store: ChainStore, tip: Hash): Promise<void> {
  let last = genesisPoint(SCALE_PARAMS);
  while (last.hash !== tip) {
    last = followHeaders(await store.headersAfter([last.hash], HEADERS_PER_MESSAGE_MAX), last, SCALE_PARAMS).last;
  }
}

/** In a process of its own, whose hashes are not Node's. */
async function verifyAnywhere(proof: Uint8Array, rounds: number): Promise<PortableVerdict> {
  const child = fork(new URL('light-verifier.ts', import.meta.url), { serialization: 'advanced' });
  const exited = once(child, 'exit');
  child.send({ proof, rounds });
  const verdict = await firstMessage(child);
  assert(isVerdict(verdict) && verdict.ok, 'the proof holds by any hashes');
  await exited;
  return verdict;
}

function isVerdict(message: unknown): message is PortableVerdict {
  return typeof message === 'object' && message !== null && 'medianMs' in message;
}

async function medianMs(rounds: number, work: () => Promise<unknown>): Promise<number> {
  return (await medians(rounds, work)).ms;
}

/** Of what each round took, and of the processor time of all threads in it. */
async function medians(rounds: number, work: () => Promise<unknown>): Promise<Omit<Timed<unknown>, 'value'>> {
  const taken: Timed<unknown>[] = [];
  for (let round = 0; round < rounds; round++) taken.push(await timed(work));
  const median = (values: readonly number[]) =>
    assertPresent(values.toSorted((one, other) => one - other)[rounds >> 1], 'something was measured');
  return { ms: median(taken.map(({ ms }) => ms)), processorMs: median(taken.map(({ processorMs }) => processorMs)) };
}

async function timed<Value>(work: () => Promise<Value>): Promise<Timed<Value>> {
  const before = process.cpuUsage();
  const startMs = performance.now();
  const value = await work();
  const ms = performance.now() - startMs;
  const { user, system } = process.cpuUsage(before);
  return { value, ms, processorMs: (user + system) / 1000 };
}
