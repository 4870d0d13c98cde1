/** The network that simulations run on. */
import { createParams, type NetworkParams } from '../core/params.ts';

/**
 * Like the default network, but for its targets: a block takes some tens of hashes to begin with, so that they can all be
 * made, and the difficulty has room to both sides.
 */
export const SIMULATION_PARAMS: NetworkParams = createParams({
  name: 'simulation',
  targetLimit: 0x207fffff,
  initialBits: 0x2007ffff,
});

/** The hashes that the network has to make in a second for the first blocks to come as they should. */
export const FIRST_HASHES_PER_SECOND = 32 / SIMULATION_PARAMS.blockInterval;
