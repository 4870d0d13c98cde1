/** What a node tells of itself and its chain, in the shapes of `src/api/shapes.ts`. */
import { decodeUtf8 } from '#host';
import type { BlockSummary, KernelTrialView, LedgerEvent, NodeStatus, PeerView, RecordsStatus } from '../api/shapes.ts';
import { assertNever, assertPresent } from '../core/assert.ts';
import type { Block } from '../core/block.ts';
import { encodeBlockJson } from '../core/block-json.ts';
import { entryCount, entryIds } from '../core/body.ts';
import { type JsonText, jsonObject, jsonValue } from '../core/json-text.ts';
import { type Bits, bitsToHex, bitsToTarget } from '../core/target.ts';
import type { KernelChoice, KernelTrial } from '../mining/miner.ts';
import { expectedSeconds } from '../mining/mining-rate.ts';
import type { FullNode } from '../protocol/full-node.ts';
import type { StoredBlock } from '../storage/chain-store.ts';
import type { LoopDelay } from './loop-delay.ts';
import type { NodeGauges } from './node-gauges.ts';
import type { RuntimeEvent } from './runtime.ts';
import type { SyncProgress } from './sync-meter.ts';

/** Who the node is: what does not change while it runs. */
export interface NodeIdentity {
  readonly port: number;
  readonly version: string;
  readonly peerId: string;
  readonly addresses: readonly string[];
  readonly network: Readonly<NodeStatus['network']>;
  readonly startedMs: number;
}

export function nodeStatus(options: {
  readonly identity: NodeIdentity;
  readonly machine: FullNode;
  readonly limitBits: Bits;
  readonly hashesPerSecond: number | undefined;
  readonly hashesTried: number;
  readonly kernelChoice: KernelChoice | undefined;
  /** Undefined where the node keeps no table of records. */
  readonly records: RecordsStatus | undefined;
  readonly gauges: Pick<NodeGauges, 'sync' | 'loopDelay' | 'disk'>;
  readonly nowMs: number;
}): NodeStatus {
  const { identity, machine, gauges, hashesPerSecond, kernelChoice } = options;
  const { tip, mining } = machine;
  return {
    port: identity.port,
    pid: process.pid,
    version: identity.version,
    peer_id: identity.peerId,
    addresses: [...identity.addresses],
    network: { ...identity.network },
    tip: {
      height: tip.header.height,
      hash: tip.hash,
      time: isoTime(tip.header.timestamp),
      work: tip.work.toString(),
    },
    length: tip.header.height + 1,
    next_bits: bitsToHex(machine.nextBits),
    limit_bits: bitsToHex(options.limitBits),
    sync: syncView(gauges.sync),
    event_loop: loopView(gauges.loopDelay),
    peers: [...machine.peers].filter(({ isGreeted }) => isGreeted).length,
    pending: { count: machine.pool.count, size_bytes: machine.pool.sizeBytes },
    records: options.records ?? null,
    mining: {
      mode: mining.mode,
      searching: mining.searching !== undefined,
      kernel: kernelChoice?.kernel ?? null,
      threads: kernelChoice?.threads ?? null,
      duty_cycle: kernelChoice?.dutyCycle ?? null,
      trials: kernelChoice?.trials.map(trialView) ?? [],
      hashes_per_second: Math.round(hashesPerSecond ?? 0),
      hashes: options.hashesTried,
      expected_s: secondsToMine(machine.nextBits, hashesPerSecond),
      queued: mining.queuedCount,
      blocks_found: mining.foundCount,
      found: [...mining.foundHashes],
    },
    rewrite_cost: rewriteCost(machine, hashesPerSecond),
    disk: gauges.disk === undefined ? null : { free_bytes: gauges.disk.freeBytes, store_bytes: gauges.disk.storeBytes },
    disk_full_s: machine.fullSinceMs === undefined ? null : (options.nowMs - machine.fullSinceMs) / 1000,
    alarm: machine.alarm ?? null,
    uptime_s: (options.nowMs - identity.startedMs) / 1000,
  };
}

export function peerViews(machine: FullNode, nowMs: number): PeerView[] {
  return [...machine.peers].map((peer) => ({
    id: peer.id,
    address: peer.address,
    direction: peer.direction,
    agent: peer.agent ?? '',
    light: peer.isLight,
    height: peer.best?.point.header.height ?? peer.claimedTip?.height ?? 0,
    connected_s: (nowMs - peer.connectedMs) / 1000,
    score: peer.score(nowMs),
  }));
}

/** The canonical JSON of `block`. */
export function blockJson(block: Block): JsonText {
  return assertPresent(decodeUtf8(encodeBlockJson(block)), 'a block is UTF-8') as JsonText;
}

export function blockView(stored: StoredBlock, tipHeight: number): JsonText {
  const { block, isActive, work } = stored;
  return jsonObject({
    block: blockJson(block),
    active: jsonValue(isActive),
    depth: jsonValue(isActive ? tipHeight - block.header.height : 0),
    work: jsonValue(work.toString()),
    entry_ids: jsonValue([...entryIds(block.body)]),
  });
}

export function blockSummary({ block, work }: StoredBlock): BlockSummary {
  const { header } = block;
  return {
    height: header.height,
    hash: block.hash,
    prev_hash: header.height === 0 ? '0000' : header.previousHash,
    time: isoTime(header.timestamp),
    bits: bitsToHex(header.bits),
    entries: entryCount(block.body),
    size_bytes: block.body.bytes.length,
    work: work.toString(),
  };
}

/** An event as subscribers see it. */
export function ledgerEvent(
  event: RuntimeEvent,
  { machine, kernelChoice }: { readonly machine: FullNode; readonly kernelChoice: KernelChoice | undefined },
): LedgerEvent {
  switch (event.type) {
    case 'block-added':
      return {
        type: event.type,
        height: event.header.height,
        hash: event.hash,
        prev_hash: event.header.previousHash,
        time: isoTime(event.header.timestamp),
        entries: event.entries,
      };
    case 'block-removed':
      return { type: event.type, height: event.height, hash: event.hash };
    case 'entry-pending':
      return { type: event.type, id: event.id };
    case 'peer-joined':
      return { type: event.type, id: event.peer };
    case 'peer-left':
      return { type: event.type, id: event.peer, reason: event.reason };
    case 'progress':
      return {
        type: 'mining-progress',
        height: machine.mining.searching?.height ?? machine.tip.header.height + 1,
        hashes: event.hashes,
        hashes_per_second: Math.round(event.hashesPerSecond),
        expected_s: secondsToMine(machine.nextBits, event.hashesPerSecond),
        blocks_found: machine.mining.foundCount,
        kernel: kernelChoice?.kernel ?? null,
      };
  }
}

function syncView(sync: SyncProgress): NodeStatus['sync'] {
  return {
    phase: sync.phase,
    behind: sync.behind,
    target_height: sync.targetHeight,
    headers_checked: sync.headersChecked,
    per_second: sync.perSecond === undefined ? null : Math.round(sync.perSecond * 10) / 10,
    seconds_left: sync.secondsLeft === undefined ? null : Math.ceil(sync.secondsLeft),
  };
}

/** To the microsecond. */
function loopView({ p50, p99, max, window }: LoopDelay): NodeStatus['event_loop'] {
  const rounded = (seconds: number) => Math.round(seconds * 1e6) / 1e6;
  return { p50_s: rounded(p50), p99_s: rounded(p99), max_s: rounded(max), window_s: rounded(window) };
}

function trialView(trial: KernelTrial): KernelTrialView {
  const { kernel, outcome } = trial;
  switch (outcome) {
    case 'passed':
      return { kernel, outcome, hashes_per_second: Math.round(trial.hashesPerSecond) };
    case 'refused':
      return { kernel, outcome, code: trial.code, reason: trial.reason };
    case 'skipped':
      return { kernel, outcome };
    default:
      return assertNever(outcome);
  }
}

function rewriteCost(machine: FullNode, hashesPerSecond: number | undefined): NodeStatus['rewrite_cost'] {
  const { tip } = machine;
  const depths = [1, 10, 100].filter((blocks) => blocks <= tip.header.height);
  return depths.map((blocks) => {
    const before = machine.activeAt(tip.header.height - blocks);
    const isKnown = before !== undefined && hashesPerSecond !== undefined && hashesPerSecond > 0;
    return { blocks, seconds: isKnown ? Number(tip.work - before.work) / hashesPerSecond : null };
  });
}

function secondsToMine(bits: number, hashesPerSecond: number | undefined): number | null {
  const target = assertPresent(bitsToTarget(bits), 'bits that the rules ask for name a target');
  return hashesPerSecond === undefined || hashesPerSecond === 0 ? null : expectedSeconds(target, hashesPerSecond);
}

/** The ISO 8601 form, in UTC, of Unix seconds. */
export function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
