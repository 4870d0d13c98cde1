/**
 * Makes a plan that fails smaller, as long as what is left fails in the same way: hostile peers and events are taken away in
 * halves, quarters and so on down to single ones (ddmin, Zeller and Hildebrandt 2002).
 */
import type { Plan } from './plan.ts';
import type { SimulationResult } from './simulation.ts';

export interface Shrunk {
  readonly plan: Plan;
  readonly result: SimulationResult;
  /** How many plans were tried. */
  readonly tries: number;
}

export interface ShrinkOptions {
  readonly simulate: (plan: Plan) => Promise<SimulationResult>;
  /** After so many plans what there is by then has to do. */
  readonly triesMax: number;
}

/** A smaller plan that fails like `plan`, which failed with `result`. */
export async function shrink(plan: Plan, result: SimulationResult, options: ShrinkOptions): Promise<Shrunk> {
  const kind = failureKind(result);
  let best = { plan, result };
  let tries = 0;
  /** Whether `smaller` fails in the same way; if so, it is the best so far. */
  const fails = async (smaller: Plan): Promise<boolean> => {
    if (tries >= options.triesMax) return false;
    tries++;
    const tried = await options.simulate(smaller);
    if (failureKind(tried) !== kind) return false;
    best = { plan: smaller, result: tried };
    return true;
  };
  // What was still to come when it failed had no part in it.
  const atMs = result.failure?.atMs ?? plan.faultyMs;
  if (atMs < plan.faultyMs) await fails({ ...plan, events: plan.events.filter((event) => event.atMs <= atMs) });
  await without(best.plan.setting.hostile, (hostile) => {
    return fails({ ...best.plan, setting: { ...best.plan.setting, hostile } });
  });
  await without(best.plan.events, (events) => fails({ ...best.plan, events }));
  return { ...best, tries };
}

/** What sort of failure it is, whatever hashes and numbers are in it; undefined: none. */
export function failureKind({ failure }: SimulationResult): string | undefined {
  if (failure === undefined) return undefined;
  const { name, message } = failure.error;
  return `${name}: ${message.replaceAll(/[0-9a-f]{8,}|\d+/g, '#').slice(0, KIND_CHARACTERS)}`;
}

/** Takes away what is not needed for `isEnough` to say yes. */
async function without<Item>(
  items: readonly Item[],
  isEnough: (fewer: readonly Item[]) => Promise<boolean>,
): Promise<void> {
  if (items.length > 0 && (await isEnough([]))) return;
  let left = items;
  for (let size = Math.ceil(left.length / 2); size >= 1; ) {
    let isSmaller = false;
    for (let start = 0; start < left.length; ) {
      const fewer = [...left.slice(0, start), ...left.slice(start + size)];
      if (fewer.length > 0 && (await isEnough(fewer))) {
        left = fewer;
        isSmaller = true;
      } else start += size;
    }
    // Once more at this size where something went: it may have been what kept another.
    if (!isSmaller && size === 1) return;
    if (!isSmaller) size = Math.ceil(size / 2);
  }
}

/** So much of a message says what broke; what follows says where. */
const KIND_CHARACTERS = 60;
