/** The networks that simulations run on. */
import { createParams, type NetworkParams } from '../core/params.ts';

/**
 * Like the default network, but for its targets: a block takes some tens of hashes to begin with, so that they can all be
 * made, and the difficulty has room to both sides.
 */
export function simulationParams(blockInterval: number): NetworkParams {
  return createParams({ name: 'simulation', blockInterval, targetLimit: 0x207fffff, initialBits: 0x2007ffff });
}

/** The hashes that the first blocks of these networks take. */
export const FIRST_WORK = 32;
