/** Calls that must not overtake each other, though each takes a while. */
import type { ProbeSession } from '../probe/probe-server.ts';

/** Does `work` when that of the calls that came before on the same connection is done, whether or not it went well. */
export function inTurn<Value>({ closed }: ProbeSession, work: () => Promise<Value>): Promise<Value> {
  const turn = (ends.get(closed) ?? Promise.resolve()).then(work);
  ends.set(
    closed,
    turn.then(
      () => undefined,
      () => undefined,
    ),
  );
  return turn;
}

/** When the last turn on each connection ends. Its signal stands for a connection, and is gone with it. */
const ends = new WeakMap<AbortSignal, Promise<void>>();
