/** Finds the other nodes of this machine through the list of running nodes. */
import type { CairnHome } from '../probe/cairn-home.ts';
import { listRunning, watchRunning } from '../probe/running-nodes.ts';

/**
 * Reports the peer addresses of every other node on the list: now, whenever the list changes, and every few seconds in
 * between, because a file system may keep changes to itself. Ends when `signal` is aborted.
 */
export async function watchLocalNodes(options: {
  readonly home: CairnHome;
  readonly ownPort: number;
  readonly onAddresses: (addresses: readonly string[]) => void;
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { home, signal } = options;
  if (signal.aborted) return;
  const look = async () => {
    try {
      const nodes = await listRunning(home);
      if (signal.aborted) return;
      options.onAddresses(nodes.filter(({ port }) => port !== options.ownPort).flatMap((node) => node.peer_addresses));
    } catch (error) {
      options.onError(error);
    }
  };
  const timer = setInterval(look, LOOK_INTERVAL_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  await watchRunning(home, look, { signal, onError: options.onError });
  await look();
}

const LOOK_INTERVAL_MS = 2_000;
