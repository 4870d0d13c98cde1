/** Texts that are whole, with something in them changed: for targets whose input only chooses what. */
import type { ByteChoices } from './byte-choices.ts';
import { JSON_WORDS } from './target.ts';

/** `text` with a piece of it turned over, left out, doubled, made up or taken from one of `others`. */
export function changedText(text: string, choices: ByteChoices, others: readonly string[]): string {
  const start = choices.integer(text.length - 1);
  const end = Math.min(text.length, start + choices.integer(240));
  const piece = text.slice(start, end);
  const other = [
    () => String.fromCharCode(text.charCodeAt(start) ^ (1 << choices.integer(7))) + piece.slice(1),
    () => '',
    () => piece + piece,
    () => Buffer.from(choices.bytes(16)).toString('latin1'),
    () => choices.pick(JSON_WORDS),
    () => choices.pick(others).slice(start, end),
  ];
  return text.slice(0, start) + choices.pick(other)() + text.slice(end);
}
