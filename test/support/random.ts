/** The simulator's chance from a seed, for the tests of lower floors, which do not look up to it. */
export { Random } from '../../src/simulator/random.ts';
