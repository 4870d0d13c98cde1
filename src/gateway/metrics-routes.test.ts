/** What a Prometheus that comes by is given. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, describe, it } from 'node:test';
import { startGateway } from './canned-node.fixture.ts';

const CONFIGURED_PORT = 1;

describe('GET /metrics', () => {
  let world: Awaited<ReturnType<typeof startGateway>>;
  before(async () => {
    const configuredNodes = [{ host: '127.0.0.1', port: CONFIGURED_PORT }];
    world = await startGateway({
      port: 8080,
      configuredNodes,
      limits: { metricsTimeoutMs: 600_000, answerTimeoutMs: 600_000 },
    });
  });
  afterEach(() => {
    world.node.ledger.status = {};
  });
  after(() => world.stop());

  const scrape = (headers: Record<string, string> = {}) =>
    world.gateway.inject({ url: '/metrics', headers: { host: 'localhost:8080', ...headers } });
  /** The samples of the running node, by metric. */
  const figures = async (): Promise<Map<string, number>> => {
    const { body } = await scrape();
    const samples = [...body.matchAll(/^(\w+)\{port="(\d+)"[^}]*\} (\S+)$/gm)];
    const ours = samples.filter(([, , port]) => port === String(world.node.port));
    return new Map(ours.map(([, name = '', , value]) => [name, Number(value)]));
  };

  it('has the figures of a node, each with its port', async () => {
    world.node.ledger.add('1');
    world.node.ledger.status = {
      peers: 2,
      pending: { count: 3, size_bytes: 412 },
      records: { indexed_to: 5, indexes: ['/item'], full_text: false },
      disk: { free_bytes: 5_000_000_000_000, store_bytes: 123_456 },
      disk_full_s: 61.5,
      alarm: 'a reorganisation of 120 blocks',
      sync: {
        phase: 'blocks',
        behind: 800_000,
        target_height: 900_000,
        headers_checked: 900_000,
        per_second: 11_200.5,
        seconds_left: 72,
      },
      event_loop: { p50_s: 0.0002, p99_s: 0.004, max_s: 0.03, window_s: 40 },
      mining: {
        mode: 'always',
        searching: true,
        kernel: 'wasm-simd',
        threads: 2,
        duty_cycle: 1,
        trials: [],
        hashes_per_second: 22_000_000,
        hashes: 98_765_432_100,
        expected_s: 1.5,
        queued: 4,
        blocks_found: 17,
        found: [],
      },
    };
    const node = await figures();
    const { height, hash } = world.node.ledger.tip;
    const expected: Record<string, number> = {
      cairn_node_up: 1,
      cairn_node_info: 1,
      cairn_node_uptime_seconds: 1,
      cairn_chain_height: height,
      cairn_chain_tip_timestamp_seconds: Date.UTC(2026, 10, 22, 12) / 1000,
      cairn_chain_tip_fingerprint: Number(`0x${hash.slice(-12)}`),
      cairn_chain_work_hashes: 1,
      cairn_sync_behind_blocks: 800_000,
      cairn_sync_target_height: 900_000,
      cairn_sync_per_second: 11_200.5,
      cairn_sync_left_seconds: 72,
      cairn_event_loop_delay_seconds: 0.03,
      cairn_alarm: 1,
      cairn_disk_full_seconds: 61.5,
      cairn_disk_free_bytes: 5_000_000_000_000,
      cairn_store_bytes: 123_456,
      cairn_peers: 2,
      cairn_pending_entries: 3,
      cairn_pending_bytes: 412,
      cairn_records_height: 5,
      cairn_mining_info: 1,
      cairn_mining_searching: 1,
      cairn_mining_threads: 2,
      cairn_mining_hashes_per_second: 22_000_000,
      cairn_mining_hashes_total: 98_765_432_100,
      cairn_mining_expected_block_seconds: 1.5,
      cairn_mining_queued_blocks: 4,
      cairn_mining_blocks_found_total: 17,
    };
    assert.deepEqual(Object.fromEntries(node), expected);
    const { body, headers } = await scrape();
    assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    assert.match(body, /^cairn_mining_info\{port="\d+",mode="always",kernel="wasm-simd"\} 1$/m);
    assert.match(body, /^cairn_sync_per_second\{port="\d+",phase="blocks"\} 11200\.5$/m);
    assert.match(body, /^cairn_event_loop_delay_seconds\{port="\d+",quantile="0\.99"\} 0\.004$/m);
    assert.match(body, /^# TYPE cairn_mining_blocks_found_total counter$/m);
  });

  it('is written as the format asks: help, type, samples, and a line feed at the end', async () => {
    const { body } = await scrape();
    assert.match(
      body,
      /^(?:# HELP (\w+) .+\n# TYPE \1 (?:gauge|counter|histogram)\n(?:\1(?:_bucket|_sum|_count)?(?:\{(?:\w+="[^"\\\n]*",?)+\})? [0-9.e+-]+\n)+)+$/,
    );
  });

  it('has no sample of what a node does not know', async () => {
    const node = await figures();
    assert.deepEqual(
      ['cairn_mining_threads', 'cairn_mining_expected_block_seconds', 'cairn_sync_left_seconds'].filter((name) =>
        node.has(name),
      ),
      [],
    );
    assert.deepEqual([node.get('cairn_alarm'), node.get('cairn_disk_full_seconds')], [0, 0]);
  });

  it('says of a node that cannot be reached, or does not answer in time, that it is down, and no more', async () => {
    assert.match((await scrape()).body, /^cairn_node_up\{port="1"\} 0$/m);
    assert.doesNotMatch((await scrape()).body, /^(?!cairn_node_up).*port="1"/m);
    const hasty = await startGateway({ port: 8080, limits: { metricsTimeoutMs: 50, answerTimeoutMs: 600_000 } });
    try {
      hasty.node.ledger.isSilent = true;
      const { body } = await hasty.gateway.inject({ url: '/metrics', headers: { host: 'localhost:8080' } });
      const samples = body.split('\n').filter((line) => line.includes('{port='));
      assert.deepEqual(samples, [`cairn_node_up{port="${hasty.node.port}"} 0`]);
    } finally {
      await hasty.stop();
    }
  });

  it('is for no page of another origin', async () => {
    assert.equal((await scrape({ origin: 'http://evil.example' })).statusCode, 403);
    assert.equal((await scrape({ host: 'evil.example:8080' })).statusCode, 403);
  });

  it('has the metrics that the specification lists, and no other', async () => {
    const page = await readFile(new URL('../../docs/spec/http.md', import.meta.url), 'utf8');
    const listed = [...page.matchAll(/^\| `((?:cairn|process)_\w+)` \| (gauge|counter|histogram) \|/gm)].map(
      ([, name, type]) => [name, type],
    );
    const mining = { threads: 1, expected_s: 1 };
    world.node.ledger.status = {
      records: { indexed_to: 0, indexes: [], full_text: false },
      disk: { free_bytes: 0, store_bytes: 0 },
      mining: {
        ...mining,
        mode: 'demand',
        searching: false,
        kernel: 'node-crypto',
        duty_cycle: 1,
        trials: [],
        hashes_per_second: 0,
        hashes: 0,
        queued: 0,
        blocks_found: 0,
        found: [],
      },
      sync: {
        phase: 'headers',
        behind: 2_000,
        target_height: 2_000,
        headers_checked: 1_000,
        per_second: 500,
        seconds_left: 2,
      },
    };
    // A first request is there to tell of.
    await scrape();
    const { body } = await scrape();
    const told = [...body.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]);
    assert.deepEqual(told, listed);
  });
});
