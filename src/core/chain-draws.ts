/**
 * Which places of a chain its proof must open (docs/spec/chain-proof.md#draws): drawn by the hash of its tip, one in every band
 * of work, where the bands become narrower towards the tip in the same proportion everywhere.
 */
import { encodeUtf8 } from '#host';
import { assertPresent } from './assert.ts';
import { HASH_BYTES, type Hash, hashBytes, hashToBytes, hashToNumber } from './hash.ts';

/** What a proof says of the chain whose places are drawn. */
export interface DrawnChain {
  readonly tip: Hash;
  /** That of the whole chain. */
  readonly work: bigint;
  /** Of that, up to and including the header before the tail. At most `work`. */
  readonly sampledWork: bigint;
}

/**
 * The drawn positions, ascending: the work that is done before them on the chain. The first is that of the genesis, the last
 * that of the header before the tail. Undefined where the tail has so little of the work that there would be too many.
 */
export function drawPositions({ tip, work, sampledWork }: DrawnChain): bigint[] | undefined {
  const tailWork = work - sampledWork;
  if (bandEnd(work, DRAWS_MAX) > tailWork) return undefined;
  const seed = seedOf(tip);
  const positions = [0n];
  for (let band = 0; bandEnd(work, band) > tailWork; band++) {
    const top = bandEnd(work, band);
    const width = top - bandEnd(work, band + 1);
    const position = work - top + ((randomNumber(seed, band) * width) >> RANDOM_BITS);
    // Of the band in which the tail begins, a part is the tail's.
    if (position < sampledWork) positions.push(position);
  }
  positions.push(sampledWork - 1n);
  return positions;
}

/** How much of the work comes after the first `band` bands: each leaves 2^(-1/32) of what the one before it left. */
function bandEnd(work: bigint, band: number): bigint {
  const step = assertPresent(BAND_STEPS[band % BAND_STEPS.length], 'there is a step for each band of a halving');
  return (work * step) >> (STEP_BITS + BigInt(Math.floor(band / BAND_STEPS.length)));
}

/** What the draws of a chain follow from: with another tip, all are others. */
function seedOf(tip: Hash): Hash {
  const input = new Uint8Array(SEED_TAG.length + HASH_BYTES);
  input.set(SEED_TAG);
  input.set(hashToBytes(tip), SEED_TAG.length);
  return hashBytes(input);
}

/** Any number of 256 bits. */
function randomNumber(seed: Hash, band: number): bigint {
  const input = new Uint8Array(HASH_BYTES + 4);
  input.set(hashToBytes(seed));
  new DataView(input.buffer).setUint32(HASH_BYTES, band);
  return hashToNumber(hashBytes(input));
}

/** As many bands as halve the work 32 times: of what is left then, the tail has to be at least as much. */
export const DRAWS_MAX = 1024;

const SEED_TAG = encodeUtf8('cairn/chain-proof/1');
const RANDOM_BITS = 256n;
const STEP_BITS = 64n;

/** What is left after each band of a halving: floor(2^(64 - band/32)). */
const BAND_STEPS: readonly bigint[] = [
  ...[0x1_0000_0000_0000_0000n, 0xfa83_b2db_722a_033an, 0xf525_7d15_2486_cc2cn, 0xefe4_b99b_dcda_f5cbn],
  ...[0xeac0_c6e7_dd24_392en, 0xe5b9_06e7_7c83_48a8n, 0xe0cc_deec_2a94_e111n, 0xdbfb_b797_daf2_3755n],
  ...[0xd744_fcca_d69d_6af4n, 0xd2a8_1d91_f12a_e45an, 0xce24_8c15_1f84_80e3n, 0xc9b9_bd86_6e2f_27a2n],
  ...[0xc567_2a11_5506_daddn, 0xc12c_4cca_6670_9456n, 0xbd08_a39f_580c_36ben, 0xb8fb_af47_62fb_9ee9n],
  ...[0xb504_f333_f9de_6484n, 0xb123_f581_d2ac_258fn, 0xad58_3eea_42a1_4ac6n, 0xa9a1_5ab4_ea7c_0ef8n],
  ...[0xa5fe_d6a9_b151_38ean, 0xa270_4303_0c49_6818n, 0x9ef5_3260_91a1_11adn, 0x9b8d_39b9_d54e_5538n],
  ...[0x9837_f051_8db8_a96fn, 0x94f4_efa8_fef7_0961n, 0x91c3_d373_ab11_c336n, 0x8ea4_398b_45cd_53c0n],
  ...[0x8b95_c1e3_ea8b_d6e6n, 0x8898_0e80_92da_8527n, 0x85aa_c367_cc48_7b14n, 0x82cd_8698_ac2b_a1d7n],
];
