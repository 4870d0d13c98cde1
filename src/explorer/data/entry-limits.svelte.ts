/** What the network allows an entry to be, as one of its nodes tells: the default network's until it has told. */
import { createParams, parseParams } from '../../core/params.ts';
import { api } from './api.ts';
import type { EntryLimits } from './canonical-check.ts';
import { live } from './live.svelte.ts';

class NetworkLimits {
  current: EntryLimits = $state.raw(createParams({ name: 'cairn' }));
  #genesis: string | undefined;

  /** Asks once for each network. */
  async refresh(): Promise<void> {
    const { port, node } = live;
    const genesis = node?.status?.network.genesis;
    if (port === undefined || genesis === undefined || genesis === this.#genesis) return;
    this.#genesis = genesis;
    const text = await api.paramsText(port);
    const params = text.ok ? parseParams(text.value) : undefined;
    if (params?.ok) this.current = params.value;
  }
}

/** Those of the network that the page shows. */
export const limits = new NetworkLimits();
