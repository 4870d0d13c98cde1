/** Everybody who is set upon a node. */
import type { Character } from './character.ts';
import { FORGERS } from './forgers.ts';
import { INTRUDERS } from './intruders.ts';
import { TALKERS } from './talkers.ts';

export const CHARACTERS: readonly Character[] = [...TALKERS, ...FORGERS, ...INTRUDERS];
