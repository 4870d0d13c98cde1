/** How long what tests start lives, and that all of it ends, in order. */

/** Whatever ends some time: a test does, a file of tests, and a part of `npm run reliability`. */
export interface Lifetime {
  after(end: () => unknown): void;
}

/**
 * Has `end` called when `lifetime` is over, before all that was left to it by this function earlier: a node ends, and then the
 * folder that it writes to. Node itself calls what `t.after` was given in the order in which it was, and not at all what
 * comes behind one that fails.
 */
export function atEnd(lifetime: Lifetime, end: () => unknown): void {
  const ends = ENDS.get(lifetime);
  if (ends !== undefined) return void ends.push(end);
  const begun = [end];
  ENDS.set(lifetime, begun);
  lifetime.after(() => endAll(begun));
}

/** Calls what stands in `ends`, the last first, and all of it whatever fails. Rejects with what failed first. */
export async function endAll(ends: (() => unknown)[]): Promise<void> {
  const failures: unknown[] = [];
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

const ENDS = new WeakMap<Lifetime, (() => unknown)[]>();
