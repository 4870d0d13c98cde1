import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeDemands, type NetworkDemands } from './network-demands.ts';

const OPEN: NetworkDemands = { signatures: 'optional', writers: 0, stamp_bits: 0 };

const CASES: readonly (readonly [Partial<NetworkDemands>, string])[] = [
  [{}, 'nothing of an entry: anybody may write, signed or not'],
  [{ signatures: 'required' }, 'every entry signed, by anybody'],
  [{ stamp_bits: 16 }, 'every entry stamped with 16 bits of work'],
  [{ signatures: 'required', stamp_bits: 1 }, 'every entry signed, by anybody, and stamped with 1 bit of work'],
  [{ signatures: 'required', writers: 3 }, 'every entry signed, by one of 3 writers'],
  [{ signatures: 'required', writers: 1 }, 'every entry signed, by its one writer'],
  [{ writers: 3, stamp_bits: 8 }, 'whoever signs to be one of 3 writers, and every entry stamped with 8 bits of work'],
];

for (const [demands, text] of CASES) {
  test(`people are told that a network asks for ${text}`, () => {
    assert.equal(describeDemands({ ...OPEN, ...demands }), text);
  });
}
