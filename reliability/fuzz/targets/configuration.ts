/** What people write for a node to read: parameter files, settings, addresses, ports. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isListenAddress, isPeerAddress } from '../../../src/api/peer-address.ts';
import { CommandError } from '../../../src/cli/command-error.ts';
import { loadSettings } from '../../../src/cli/settings.ts';
import { LISTEN_PORT, NODE_ADDRESS, PORT } from '../../../src/cli/value-kind.ts';
import { DEFAULT_PARAMS, encodeParams, paramsHash, parseParams } from '../../../src/core/params.ts';
import { type CairnHome, resolveHome } from '../../../src/probe/cairn-home.ts';
import { findRunning } from '../../../src/probe/running-nodes.ts';
import { paramsDocument } from '../../../src/simulator/params-document.ts';
import { canonicalParams, paramsHash as plainParamsHash } from '../../../src/simulator/second-implementation/params.ts';
import { bytesOf, type FuzzTarget, JSON_WORDS, textOf } from '../target.ts';

/** Values just beyond what they may be. */
const BEYOND = [
  ['depth_max', 33],
  ['entries_max', 4_097],
  ['entry_bytes_max', 65_537],
  ['body_bytes_max', 1_048_577],
  ['genesis_time', 2 ** 32],
  ['block_interval', 31_536_001],
] as const;

export const PARAMS: FuzzTarget = {
  name: 'params',
  claim:
    'parameters that are taken hash to what the second implementation makes of them, and are read again as they are written',
  words: [
    ...JSON_WORDS,
    ...Object.keys(paramsDocument(DEFAULT_PARAMS)).map((key) => `"${key}":`),
    '"207fffff"',
    ...BEYOND.map(([, value]) => String(value)),
  ],
  sizeMax: 2_000,
  weight: 1,
  seeds: () =>
    ['{"name":"a"}', encodeParams(DEFAULT_PARAMS), '{"name":"b-2","block_interval":1,"target_limit":"207fffff"}'].map(
      bytesOf,
    ),
  check(input) {
    const params = parseParams(textOf(input) ?? '');
    if (!params.ok) return;
    const { blockInterval, depthMax, entriesMax, entryBytesMax, bodyBytesMax, genesisTime } = params.value;
    assert.ok(
      blockInterval <= 31_536_000 && depthMax <= 32 && entriesMax <= 4_096,
      'no limit is above what messages are sized for',
    );
    assert.ok(entryBytesMax <= 65_536 && bodyBytesMax <= 1_048_576 && genesisTime < 2 ** 32, 'in bytes and time, too');
    const text = encodeParams(params.value);
    const document = paramsDocument(params.value);
    assert.equal(text, canonicalParams(document), 'they are written as the second implementation writes them');
    assert.equal(paramsHash(params.value), plainParamsHash(document), 'and hash to the same');
    assert.deepEqual(parseParams(text), params, 'and are read as they were written');
  },
};

export const PEER_ADDRESS: FuzzTarget = {
  name: 'peer-address',
  claim: 'an address that is taken names a host and a port that there is, and one to listen at names no peer',
  words: [
    '/ip4/',
    '/ip6/',
    '/dns4/',
    '/dns/',
    '/tcp/',
    '/ws',
    '/p2p/',
    '255',
    '256',
    '65535',
    '65536',
    '::',
    '0.0.0.0',
  ],
  sizeMax: 300,
  weight: 1,
  seeds: () =>
    [
      '/ip4/192.0.2.7/tcp/4001',
      '/ip6/::1/tcp/1/ws',
      '/dns4/a.example/tcp/65535/p2p/12D3KooW',
      '/ip4/0.0.0.0/tcp/0',
      ...BEYOND.map(([key, value]) => `{"name":"a","${key}":${value}}`),
    ].map(bytesOf),
  check(input) {
    const text = textOf(input) ?? '';
    const [, protocol, host = '', tcp, port = ''] = text.split('/');
    const isPeer = isPeerAddress(text);
    const isListen = isListenAddress(text);
    assert.equal(isPeer && isListen, isPeer && !text.includes('/p2p/'), 'what names no peer can be listened at, too');
    if (!isPeer && !isListen) return;
    assert.ok(text.length <= 256 && tcp === 'tcp' && host !== '', 'it is short and has a host');
    assert.ok(Number(port) <= 65_535 && (isListen || Number(port) > 0), 'it has a port that there is');
    if (protocol === 'ip4')
      assert.ok(
        host.split('.').every((octet) => Number(octet) <= 255),
        'its numbers have 8 bits',
      );
  },
};

export const VALUES: FuzzTarget = {
  name: 'setting-values',
  claim: 'a port is a decimal number in its range, and a node is a host and a port',
  words: ['0', '1', '65535', '65536', '[::1]:', 'localhost:', '10.0.0.5:', ' ', '+', '1e3', '\xd9\xa3'],
  sizeMax: 64,
  weight: 1,
  seeds: () => ['5001', '[::1]:5001', 'node.example:1', '0', '65535'].map(bytesOf),
  check(input) {
    const text = textOf(input) ?? '';
    const port = PORT.parse(text);
    const isNumber = /^\d+$/.test(text) && String(Number(text)) === text && Number(text) <= 65_535;
    assert.equal(port, isNumber && text !== '0' ? Number(text) : undefined, 'a port is a number in its range');
    assert.equal(LISTEN_PORT.parse(text), isNumber ? Number(text) : undefined, '0 is one to listen at');
    const node = NODE_ADDRESS.parse(text);
    if (node === undefined) return;
    const spelt = node.host.includes(':') || text.startsWith('[') ? `[${node.host}]` : node.host;
    assert.equal(`${spelt}:${node.port}`, text, 'a node is written as it was read');
    assert.doesNotMatch(node.host, /[\s/[\]]/, 'a host has nothing in it that ends one');
  },
};

/** A home for one target, made when it is first needed. */
class WorkHome {
  #home: CairnHome | undefined;

  get(): CairnHome {
    if (this.#home === undefined) {
      this.#home = resolveHome({ CAIRN_HOME: mkdtempSync(join(tmpdir(), 'cairn-fuzz-')) });
      mkdirSync(this.#home.runningFolder, { recursive: true });
    }
    return this.#home;
  }

  remove(): void {
    if (this.#home !== undefined) rmSync(this.#home.root, { recursive: true });
    this.#home = undefined;
  }
}

const configHome = new WorkHome();
const runningHome = new WorkHome();

export const CONFIG_FILE: FuzzTarget = {
  name: 'config-file',
  claim: 'a configuration is taken, or refused with a sentence that names the file',
  words: [...JSON_WORDS, ...['"host":', '"peers":', '"listen":', '"mine":', '"mining_share":', '"network":', '"log":']],
  sizeMax: 2_000,
  // Each is a file.
  weight: 0.3,
  seeds: () =>
    [
      '{}',
      '{"mine":"always","peers":["/ip4/192.0.2.7/tcp/4001"],"gateway_port":8080,"nodes":["a:1"]}',
      '{"mining_share":50}',
    ].map(bytesOf),
  async check(input) {
    const home = configHome.get();
    writeFileSync(home.configFile, input);
    try {
      const settings = await loadSettings(home, {});
      assert.ok(settings.peers.every(isPeerAddress), 'peers are addresses');
      assert.ok((settings.miningShare ?? 1) >= 1 && (settings.miningShare ?? 1) <= 100, 'a share is one of a hundred');
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      assert.ok(error.message.startsWith(home.configFile), 'the file is named');
    }
  },
  close: () => configHome.remove(),
};

export const RUNNING_NODE: FuzzTarget = {
  name: 'running-node',
  claim: 'an entry of the list of running nodes is one that names its port and a process that runs, or is dropped',
  words: [...JSON_WORDS, ...['"port":', '"host":', '"pid":', '"started":', '"process_start":', '"peer_addresses":']],
  sizeMax: 2_000,
  weight: 0.2,
  seeds: () => [
    bytesOf(
      `{"port":5001,"host":"127.0.0.1","pid":1,"process_start":null,"started":"2026-11-22T12:00:00.000Z","peer_addresses":[]}`,
    ),
  ],
  async check(input) {
    const home = runningHome.get();
    writeFileSync(join(home.runningFolder, '5001.json'), input);
    const node = await findRunning(home, 5001);
    if (node === undefined) return;
    assert.equal(node.port, 5001, 'it names its port');
    assert.ok(Number.isSafeInteger(node.pid) && node.pid > 0, 'it names a process');
    assert.ok(
      node.peer_addresses.every((address) => typeof address === 'string'),
      'addresses are texts',
    );
  },
  close: () => runningHome.remove(),
};
