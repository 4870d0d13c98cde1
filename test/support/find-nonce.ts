/** The simulator's search for a nonce, for the tests of lower floors, which do not look up to it. */
export { findNonce } from '../../src/simulator/simulated-miner.ts';
