/** Makes what a plan says happen in a world, and ends it when its time is over. */
import { assertNever } from '../core/assert.ts';
import type { Hash } from '../core/hash.ts';
import type { PlannedEvent } from './plan.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

/**
 * Has `event`, the one of this number in its plan, happen now. Where it has no sense, as the crash of a node that is down,
 * nothing happens.
 */
export async function carryOut(world: World, event: PlannedEvent, number: number): Promise<void> {
  switch (event.type) {
    case 'append': {
      const node = world.node(event.node);
      if (!node.isUp) return;
      const numbered = Array.from({ length: event.entries }, (_, i) => i);
      if (event.once === true) {
        world.submitOnce(node, ...numbered.map((i) => `"once ${(number + i) % ONCE_ENTRIES}"`));
      } else {
        world.submit(node, ...numbered.map((i) => entryText(`${number}.${i}`, event.sizeBytes)));
      }
      return;
    }
    case 'mine': {
      const node = world.node(event.node);
      if (node.isUp) world.mine(node, ...Array.from({ length: event.entries }, (_, i) => `"mine ${number}.${i}"`));
      return;
    }
    case 'crash': {
      const node = world.node(event.node);
      if (!node.isUp) return;
      world.crash(node);
      return world.after(event.forMs, () => startIfDown(world, node));
    }
    case 'cut':
      return cut(world, event);
    case 'hang-up':
      return world.hangUp(world.node(event.node), world.node(event.other));
    case 'clog':
      return world.network.clog(world.node(event.node).id, world.node(event.other).id, event.forMs);
    case 'weather': {
      const before = world.network.weather;
      world.network.weather = event.weather;
      return world.after(event.forMs, () => {
        if (world.network.weather === event.weather) world.network.weather = before;
      });
    }
    case 'clock-set': {
      const { clock } = world.node(event.node);
      clock.set(event.aheadMs);
      return world.after(event.forMs, () => clock.set(0));
    }
    case 'clock-drift': {
      const { clock } = world.node(event.node);
      clock.drift(world.nowMs, event.rate);
      return world.after(event.forMs, () => clock.drift(world.nowMs, 1));
    }
    case 'disk-full': {
      const { disk } = world.node(event.node);
      disk.isFull = true;
      return world.after(event.forMs, () => {
        disk.isFull = false;
      });
    }
    case 'disk-slow': {
      const { disk } = world.node(event.node);
      disk.slowness = event.times;
      return world.after(event.forMs, () => {
        disk.slowness = 1;
      });
    }
    case 'damage':
      return damage(world, world.node(event.node), event.depth);
    case 'restore':
      return restore(world, world.node(event.node), event);
    case 'hash-rate': {
      const { miner } = world.node(event.node);
      miner.times = event.times;
      return world.after(event.forMs, () => {
        miner.times = 1;
      });
    }
    default:
      return assertNever(event);
  }
}

/** Puts everything right: what was cut is whole, who was down is up, clocks agree, disks have room. */
export async function endFaults(world: World): Promise<void> {
  world.heal();
  for (const node of world.nodes) {
    node.clock.set(0);
    node.clock.drift(world.nowMs, 1);
    node.disk.isFull = false;
    node.disk.slowness = 1;
    node.miner.times = 1;
    await startIfDown(world, node);
  }
}

async function startIfDown(world: World, node: SimulatedNode): Promise<void> {
  if (!node.isUp) await world.start(node);
}

function cut(world: World, { these, those, manner, forMs }: Extract<PlannedEvent, { type: 'cut' }>): void {
  const { network } = world;
  const pairs = these.flatMap((one) => those.map((other) => [world.node(one).id, world.node(other).id] as const));
  const ways = manner === 'one-way' ? pairs : [...pairs, ...pairs.map(([one, other]) => [other, one] as const)];
  for (const [from, to] of ways) {
    if (manner === 'broken') network.cuts.cut(from, to);
    else network.cuts.silence(from, to);
    if (manner === 'broken') network.breakLink(from, to);
  }
  world.after(forMs, () => {
    for (const [from, to] of ways) {
      if (manner === 'broken') network.cuts.heal(from, to);
      else network.cuts.unsilence(from, to);
    }
    network.release();
  });
}

/** Damages a block, where another disk has a good copy of it: what is nowhere any more, nothing brings back. */
async function damage(world: World, node: SimulatedNode, depth: number): Promise<void> {
  const { length } = await node.disk.kept.chainJson();
  const [hash] = await node.disk.kept.activeHashes(Math.max(1, length - 1 - depth), 1);
  if (hash !== undefined && (await hasGoodCopy(world, node, hash))) node.disk.damage(hash);
}

async function hasGoodCopy(world: World, except: SimulatedNode, hash: Hash): Promise<boolean> {
  for (const node of world.nodes) {
    if (node === except || node.disk.damagedHashes.has(hash)) continue;
    if ((await node.disk.kept.pointOf(hash)) !== undefined) return true;
  }
  return false;
}

/** Puts an old copy back, unless that might take the last good copy of something that is damaged elsewhere. */
async function restore(
  world: World,
  node: SimulatedNode,
  { commits, forMs }: Extract<PlannedEvent, { type: 'restore' }>,
): Promise<void> {
  if (!node.isUp || world.nodes.some(({ disk }) => disk.damagedHashes.size > 0)) return;
  world.crash(node);
  await node.restore(Math.max(0, node.disk.changeCount - commits));
  world.after(forMs, () => startIfDown(world, node));
}

/** Canonical JSON of about so many bytes that no other event makes. */
function entryText(name: string, sizeBytes: number): string {
  return `"${name.padEnd(sizeBytes - 2, '.')}"`;
}

/** So many are handed in again and again. */
const ONCE_ENTRIES = 12;
