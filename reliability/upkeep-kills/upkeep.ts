/** What is done to stores now and then, by real processes: how each begins, how far it is, and how it is done again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { assert, assertPresent } from '../../src/core/assert.ts';
import { jsonValue } from '../../src/core/json-text.ts';
import { CAIRN_MAIN, type Outcome, runCairn, type World } from '../../test/support/cairn-process.ts';
import type { Lifetime } from '../../test/support/lifetime.ts';
import { NodeProcess, openFiles } from '../node-process.ts';
import { readState, type StoreKind, type StoreState, type Stores } from './stores.ts';

/** Where one of them is done: the store is in `folder`, where a node called `name` would have it. */
export interface Site {
  readonly lifetime: Lifetime;
  readonly world: World;
  readonly stores: Stores;
  readonly name: string;
  readonly folder: string;
}

/** The process that does it. */
export interface Work {
  /** Whether it has been seen to begin. */
  hasBegun(): boolean;
  /** Whether all of it is done; asked after the kill, too. */
  hasEnded(): boolean;
  /** Whether the process is gone, whoever ended it. */
  isGone(): boolean;
  kill(): Promise<void>;
}

export interface Upkeep {
  readonly name: string;
  readonly store: StoreKind;
  /** Begins it. */
  start(site: Site): Promise<Work>;
  /** Does it once more, to its end, after looking at what the kill has left. */
  finish(site: Site): Promise<void>;
  /** Throws where `state`, of the store in the end, is not what it has to be. */
  judge(state: StoreState, stores: Stores): void;
}

export const UPKEEP: readonly Upkeep[] = [
  {
    name: 'migration',
    store: 'old',
    start: async (site) => {
      const node = await startNode(site);
      return {
        ...workOf(node),
        hasBegun: () => hasOpen(node.pid, site.folder),
        // The first thing that is made of a store that has come to the format of today.
        hasEnded: () => existsSync(join(site.folder, 'index.sqlite')),
      };
    },
    finish: (site) => withNode(site, async () => undefined),
    judge: isAsBefore('old'),
  },
  { name: 'compact', store: 'used', ...onFolder('compact') },
  { name: 'reindex', store: 'used', ...onFolder('reindex') },
  {
    name: 'backup',
    store: 'used',
    start: async (site) => {
      const node = await startNode(site);
      await node.untilReady();
      const client = await node.connect(site.lifetime);
      const path = copyPath(site);
      mkdirSync(dirname(path));
      client.call('backup', jsonValue({ path }), { timeoutMs: Number.POSITIVE_INFINITY }).catch(() => undefined);
      return {
        ...workOf(node),
        hasBegun: () => readdirSync(dirname(path)).length > 0,
        hasEnded: () => existsSync(path),
      };
    },
    finish: async (site) => {
      const path = copyPath(site);
      // One that has its name is whole.
      if (existsSync(path)) await judgeCopy(site);
      await withNode(site, async ({ port }) => succeed(site, ['backup', String(port), path]));
      await judgeCopy(site);
    },
    judge: isAsBefore('used'),
  },
  {
    name: 'import',
    store: 'begun',
    start: async (site) => {
      const node = await startNode(site);
      await node.untilReady();
      let command: Outcome | undefined;
      void runIn(site, ['import', String(node.port), site.stores.chainFile]).then((outcome) => {
        command = outcome;
      });
      return {
        ...workOf(node),
        isGone: () => command !== undefined,
        hasBegun: () => readdirSync(site.folder).some((name) => name.endsWith('.spool')),
        hasEnded: () => command?.exitCode === 0,
      };
    },
    finish: async (site) => {
      await withNode(site, async () => undefined);
      judgePrefix(await readState(site.folder), site.stores);
      await withNode(site, async ({ port }) => succeed(site, ['import', String(port), site.stores.chainFile]));
    },
    judge: (state, stores) => {
      judgePrefix(state, stores);
      assert(state.length === stores.chainHashes.length, `all of the chain is there, but ${state.length} blocks are`);
    },
  },
];

/** What a command does to a folder that no node has open. */
function onFolder(command: string): Pick<Upkeep, 'start' | 'finish' | 'judge'> {
  const argsAt = ({ folder, world }: Site): string[] => [command, folder, '--network', world.networkFile];
  return {
    start: async (site) => {
      const child = spawn(process.execPath, [CAIRN_MAIN, ...argsAt(site)], { env: site.world.env, stdio: 'ignore' });
      const exited = once(child, 'exit');
      return {
        hasBegun: () => hasOpen(assertPresent(child.pid, 'it was started'), site.folder),
        hasEnded: () => child.exitCode === 0,
        isGone: () => child.exitCode !== null,
        kill: async () => {
          child.kill('SIGKILL');
          await exited;
        },
      };
    },
    finish: (site) => succeed(site, argsAt(site)),
    judge: isAsBefore('used'),
  };
}

function startNode({ lifetime, world, name }: Site): Promise<NodeProcess> {
  return NodeProcess.spawn(lifetime, world, { name });
}

function workOf(node: NodeProcess): Pick<Work, 'isGone' | 'kill'> {
  return {
    isGone: () => node.hasExited,
    kill: async () => {
      node.signal('SIGKILL');
      await node.exited;
    },
  };
}

/** Has a node run while `work` is done, which has to start and to end in order. */
async function withNode(site: Site, work: (node: NodeProcess) => Promise<void>): Promise<void> {
  const node = await startNode(site);
  await node.untilReady();
  await work(node);
  node.signal('SIGTERM');
  const exitCode = await node.exited;
  assert(exitCode === 0, `the node ends in order, but with ${exitCode}: ${node.stderr}`);
}

/** Runs a command to its end, which finds the nodes of this place. */
function runIn({ world, name }: Site, args: readonly string[]): Promise<Outcome> {
  return runCairn({ ...world, env: { ...world.env, CAIRN_HOME: join(world.home, name) } }, args);
}

async function succeed(site: Site, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runIn(site, args);
  assert(exitCode === 0, `cairn ${args[0]} succeeds, but it ended with ${exitCode}: ${stderr}`);
}

function copyPath({ world, name }: Site): string {
  return join(world.home, name, 'copy', 'copy.sqlite');
}

/** Uses the copy as people are told to, and takes it away. */
async function judgeCopy(site: Site): Promise<void> {
  const folder = join(site.world.home, site.name, 'from-copy');
  mkdirSync(folder);
  renameSync(copyPath(site), join(folder, 'chain.sqlite'));
  isAsBefore('used')(await readState(folder), site.stores);
  rmSync(folder, { recursive: true });
}

function isAsBefore(kind: StoreKind): Upkeep['judge'] {
  return (state, { states }) => {
    const [found, expected] = [JSON.stringify(state), JSON.stringify(states[kind])];
    assert(
      found === expected,
      `the store holds what it held, ${summary(states[kind])}, but it holds ${summary(state)}`,
    );
  };
}

/** What was there before, and then the blocks of the file, or some of them. */
function judgePrefix(state: StoreState, { states, chainHashes }: Stores): void {
  const { begun } = states;
  const isPrefix = state.length >= begun.length && state.tip === chainHashes[state.length - 1];
  assert(isPrefix, `the chain is a part of the file's, but it is ${summary(state)}`);
  assert(String(state.pending) === String(begun.pending), `what waited waits, but there is ${summary(state)}`);
}

function summary({ tip, length, digest, pending, sideBlockCount }: StoreState): string {
  return `${length} blocks up to ${tip} (${digest}), ${pending.length} entries pending, ${sideBlockCount} blocks beside`;
}

/** Whether the process has the chain of the store in `folder` open. Where the system does not tell, it may at any time. */
function hasOpen(pid: number, folder: string): boolean {
  return process.platform !== 'linux' || openFiles(pid).includes(join(folder, 'chain.sqlite'));
}
