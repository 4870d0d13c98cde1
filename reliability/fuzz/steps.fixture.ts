/** A reader that is hard to break by chance: each letter of a word leads one step on, and the last one breaks it. */
import type { FuzzTarget } from './target.ts';

export const STEPS: FuzzTarget = {
  name: 'steps',
  claim: 'no word breaks it',
  words: ['s', 't', 'e', 'p'],
  sizeMax: 8,
  weight: 1,
  seeds: () => [Buffer.from('....')],
  check: ([first, second, third, fourth]) => {
    if (first !== LETTER_S) return;
    if (second !== LETTER_T) return;
    if (third !== LETTER_E) return;
    if (fourth === LETTER_P) throw new Error('the last step');
  },
};

const LETTER_S = 0x73;
const LETTER_T = 0x74;
const LETTER_E = 0x65;
const LETTER_P = 0x70;
