/** What `cairn bench mining` tells people, and programs. */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { startGateway } from '../gateway/canned-node.fixture.ts';
import type { KernelTrial } from '../mining/miner.ts';
import { resolveHome } from '../probe/cairn-home.ts';
import { type BenchFlags, runBenchMining } from './bench-command.ts';
import { CommandError } from './command-error.ts';
import { miningReport, reportLines } from './mining-report.ts';
import { loadSettings } from './settings.ts';
import { Terminal } from './terminal.ts';

const TRIALS: readonly KernelTrial[] = [
  { kernel: 'avx512', outcome: 'refused', code: 'processor-unsupported', reason: 'the processor has no AVX-512' },
  { kernel: 'wasm-packed', outcome: 'skipped' },
  { kernel: 'wasm-simd', outcome: 'passed', hashesPerSecond: 10_000_000 },
  { kernel: 'avx2', outcome: 'passed', hashesPerSecond: 30_000_000 },
  { kernel: 'node-crypto', outcome: 'passed', hashesPerSecond: 3_000_000 },
];
/** 65,537 tries are expected at the target of four zero digits. */
const FOUR_ZERO_DIGITS = 0x1f00ffff;
const OPTIONS = { trials: TRIALS, cores: 4, miningShare: 100, limitBits: FOUR_ZERO_DIGITS, chain: undefined };

const chainWith = (work: bigint, seconds = 3_600) => ({
  port: 5_001,
  nextBits: 0x1e00ffff,
  lastHour: { fromHeight: 1_203, toHeight: 1_560, time: '2026-11-22T12:00:00Z', seconds, work },
});

test('the machine does what its threads do for as much of the time as its share allows', () => {
  for (const [miningShare, threads, rate] of [
    [100, 4, 120_000_000],
    [50, 2, 60_000_000],
    [40, 2, 48_000_000],
    [1, 1, 1_200_000],
  ] as const) {
    const report = miningReport({ ...OPTIONS, miningShare });
    assert.deepEqual([report.kernel, report.threads, report.hashes_per_second], ['avx2', threads, rate]);
    assert.ok(Math.abs(report.easiest_block.expected_s - 65_537 / rate) < 1e-9);
  }
});

test('to rewrite an hour takes the time of its work, and longer while the network goes on', () => {
  const { chain } = miningReport({ ...OPTIONS, chain: chainWith(3_600n * 40_000_000n) });
  assert.equal(chain?.last_hour?.network_hashes_per_second, 40_000_000);
  assert.equal(chain?.last_hour?.rewrite_s, 1_200);
  assert.equal(chain?.last_hour?.rewrite_while_mining_s, 1_800);
});

test('where the network adds next to nothing, no second figure is given', () => {
  const report = miningReport({ ...OPTIONS, chain: chainWith(120_000_000n) });
  assert.match(reportLines(report).at(-1) ?? '', /^to rewrite +1 s of .*, hardly longer while the network goes on/);
});

test('a chain younger than an hour was mined as fast as its age says', () => {
  const report = miningReport({ ...OPTIONS, chain: chainWith(600_000_000n, 10) });
  assert.equal(report.chain?.last_hour?.network_hashes_per_second, 60_000_000);
  assert.equal(report.chain?.last_hour?.rewrite_while_mining_s, 10);
  assert.match(reportLines(report).at(-2) ?? '', /, the 10 s up to 2026-11-22T12:00:00Z: about 600,000,000 hashes/);
});

test('whoever is no faster than the network never catches up with it', () => {
  const report = miningReport({ ...OPTIONS, chain: chainWith(3_600n * 120_000_000n) });
  assert.equal(report.chain?.last_hour?.rewrite_while_mining_s, null);
  assert.match(reportLines(report).at(-1) ?? '', /^to rewrite +60 min of .*; .* it would never catch up$/);
});

test('the table has what works here, the fastest first, and below it what does not, with the reason', () => {
  assert.deepEqual(reportLines(miningReport({ ...OPTIONS, chain: chainWith(144_000_000_000n) })), [
    'kernel       a thread  this machine  × node-crypto',
    'avx2          30 MH/s      120 MH/s           10.0',
    'wasm-simd     10 MH/s       40 MH/s            3.3',
    'node-crypto    3 MH/s       12 MH/s            1.0',
    'avx512 cannot be used: the processor has no AVX-512 (processor-unsupported)',
    '',
    'chosen      avx2, 120 MH/s on 4 threads: 100 % of this machine',
    'easiest     a block takes under 1 ms (target 1f00ffff)',
    'next        a block on node 5001 takes about 140 ms (target 1e00ffff)',
    'last hour   blocks 1,203 to 1,560 of node 5001, the hour up to 2026-11-22T12:00:00Z: about 144,000,000,000 hashes of work',
    "to rewrite  20 min of this machine's mining if nobody else mined, 30 min while the network goes on as it did",
  ]);
});

test('where no kernel can be used there is nothing to report but why', () => {
  const trials = TRIALS.filter(({ outcome }) => outcome !== 'passed');
  assert.throws(
    () => miningReport({ ...OPTIONS, trials }),
    (error) => {
      assert.ok(error instanceof CommandError);
      assert.equal(error.code, 'mining-failed');
      assert.match(error.message, /avx512: the processor has no AVX-512/);
      return true;
    },
  );
});

async function bench(t: TestContext, home: string, flags: BenchFlags) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const terminal = new Terminal({ stdin, stdout, stderr });
  const cairnHome = resolveHome({ CAIRN_HOME: home });
  const context = { terminal, home: cairnHome, settings: await loadSettings(cairnHome, {}) };
  t.after(() => stdin.destroy());
  const exitCode = await runBenchMining(context, flags, async () => TRIALS);
  return { exitCode, out: String(stdout.read() ?? ''), talk: String(stderr.read() ?? '') };
}

test('the first node that runs is asked for its chain', async (t) => {
  const { node, home, stop } = await startGateway();
  t.after(stop);
  const untouched = JSON.parse((await bench(t, home.root, { json: true })).out);
  assert.deepEqual([untouched.chain.port, untouched.chain.last_hour], [node.port, null]);
  // The blocks of this ledger have one time and one cumulative work.
  node.ledger.add('1');
  const { exitCode, out } = await bench(t, home.root, { json: true, node: node.port, miningShare: 50 });
  const report = JSON.parse(out);
  assert.equal(exitCode, 0);
  assert.deepEqual([report.mining_share, report.cores, report.kernel], [50, availableParallelism(), 'avx2']);
  assert.deepEqual([report.chain.last_hour.from_height, report.chain.last_hour.to_height], [1, 1]);
  assert.equal(report.chain.next_block.bits, '1f00ffff');
  const { out: text, talk } = await bench(t, home.root, {});
  assert.match(text, new RegExp(`^last hour +block 1 of node ${node.port}, the 1 s up to 2026-11-22T12:00:00Z`, 'm'));
  assert.match(text, /Times are means/);
  assert.equal(talk, '');
});

test('where no node runs that is said, and the machine is measured all the same', async (t) => {
  const { home, node, stop } = await startGateway();
  t.after(stop);
  await node.stop();
  const { exitCode, out, talk } = await bench(t, home.root, {});
  assert.equal(exitCode, 0);
  // On three cores and more it is under a millisecond.
  assert.match(out, /^easiest +a block takes (?:about|under) .* \(target 1f00ffff\)$/m);
  assert.doesNotMatch(out, /to rewrite/);
  assert.match(talk, /^No node runs here, .*cairn node 5001.*--node\.\n$/);
  assert.equal(JSON.parse((await bench(t, home.root, { json: true })).out).chain, null);
});
