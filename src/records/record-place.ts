/** The place of an entry on a chain as one number, which orders entries as they stand on it. */
import { assert } from '../core/assert.ts';

/** Of the entry at `index` of the block at `height`: a safe integer, whatever the height. */
export function placeOf(height: number, index: number): number {
  assert(index < ENTRIES_A_BLOCK, 'a block has no more entries than the rules allow');
  return height * ENTRIES_A_BLOCK + index;
}

export function heightAt(place: number): number {
  return Math.floor(place / ENTRIES_A_BLOCK);
}

/** In its block. */
export function indexAt(place: number): number {
  return place % ENTRIES_A_BLOCK;
}

/** As many as any network may allow (docs/limits.md#networkparams); SQL that takes places apart has it, too. */
export const ENTRIES_A_BLOCK = 4_096;
