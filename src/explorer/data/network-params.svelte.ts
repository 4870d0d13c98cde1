/** The rules of the network that is shown, as one of its nodes tells them: the default network's until it has told. */
import { createParams, type NetworkParams, parseParams } from '../../core/params.ts';
import { api } from './api.ts';
import { live } from './live.svelte.ts';

class KnownParams {
  current: NetworkParams = $state.raw(createParams({ name: 'cairn' }));
  #genesis: string | undefined;

  /** Asks once for each network. To be called in an effect. */
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

export const networkParams = new KnownParams();
