/**
 * What is going to happen in one simulation, as data: the network it begins with, and everything that befalls it. Drawn
 * from a seed by `swarm.ts`, told by a scenario, or made smaller by `shrink.ts`.
 */
import type { MiningMode } from '../protocol/mining-desk.ts';
import type { Weather } from './simulated-network.ts';
import type { Topology } from './topology.ts';

export interface Plan {
  /** From which all chance in the run follows: delays, finds, what a crash leaves. */
  readonly seed: number;
  readonly setting: Setting;
  /** In the order of their times. */
  readonly events: readonly PlannedEvent[];
  /** How long things go wrong. After that they are put right, and all must come to rest. */
  readonly faultyMs: number;
}

export interface Setting {
  readonly nodes: readonly NodeSetting[];
  /** Who knows whom to begin with. */
  readonly topology: Topology;
  readonly delays: DelaySetting;
  readonly weather: Weather;
  /** T of the network, in seconds. */
  readonly blockInterval: number;
  /** How much of the chain a node holds in memory. */
  readonly windowBlocks: number;
  /** How often a node hears that time has passed. */
  readonly tickMs: number;
  /** Who is there beside the nodes while things go wrong. */
  readonly hostile: readonly HostileSetting[];
}

/** A hostile peer that dials some of the nodes. */
export interface HostileSetting {
  /** One of those in `hostile/cast.ts`. */
  readonly character: string;
  readonly nodes: readonly number[];
  /** What it mines with, if it is a miner. */
  readonly hashesPerSecond: number;
}

export interface NodeSetting {
  readonly miningMode: MiningMode;
  readonly hashesPerSecond: number;
}

export type DelaySetting =
  | { readonly type: 'even'; readonly maxMs: number }
  | { readonly type: 'distance'; readonly minMs: number; readonly maxMs: number; readonly jitter: number }
  | { readonly type: 'stuttering'; readonly medianMs: number; readonly maxMs: number };

/** Something that happens `atMs` after the beginning. Nodes go by their number. */
export type PlannedEvent = { readonly atMs: number } & (Work | Fault);

export type Work =
  /** With `once`, entries that others may have handed in before, of a few that there are, each to be recorded once. */
  | {
      readonly type: 'append';
      readonly node: number;
      readonly entries: number;
      readonly sizeBytes: number;
      readonly once?: true;
    }
  | { readonly type: 'mine'; readonly node: number; readonly entries: number };

/** What goes wrong, and for how long. */
export type Fault =
  | { readonly type: 'crash'; readonly node: number; readonly forMs: number }
  /** A cut between these and those; `one-way`, what they say to those is swallowed. */
  | {
      readonly type: 'cut';
      readonly these: readonly number[];
      readonly those: readonly number[];
      readonly manner: 'broken' | 'silent' | 'one-way';
      readonly forMs: number;
    }
  | { readonly type: 'hang-up'; readonly node: number; readonly other: number }
  | { readonly type: 'clog'; readonly node: number; readonly other: number; readonly forMs: number }
  | { readonly type: 'weather'; readonly weather: Weather; readonly forMs: number }
  | { readonly type: 'clock-set'; readonly node: number; readonly aheadMs: number; readonly forMs: number }
  | { readonly type: 'clock-drift'; readonly node: number; readonly rate: number; readonly forMs: number }
  | { readonly type: 'disk-full'; readonly node: number; readonly forMs: number }
  | { readonly type: 'disk-slow'; readonly node: number; readonly times: number; readonly forMs: number }
  /** The block so many below the tip can no longer be read. */
  | { readonly type: 'damage'; readonly node: number; readonly depth: number }
  /** The node stops, loses so many of its latest commits as an old copy of its disk is put back, and starts. */
  | { readonly type: 'restore'; readonly node: number; readonly commits: number; readonly forMs: number }
  | { readonly type: 'hash-rate'; readonly node: number; readonly times: number; readonly forMs: number };
