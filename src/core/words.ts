/**
 * The words of texts, by one exact rule (docs/spec/records.md#words): what a question for words and what holds a record against it, a
 * table or a stream, tell apart in the same way.
 */

/**
 * The words of `text`, in order: longest runs of letters, marks and digits, whatever their case and the form in which Unicode spells
 * them. Of a long word the beginning counts. The words of a text that is put together of words, with spaces between them, are those words.
 */
export function wordsOf(text: string): readonly string[] {
  if (ASCII.test(text)) return (text.toLowerCase().match(ASCII_WORDS) ?? []).map(beginning);
  return (folded(text).match(WORDS) ?? []).map(beginning);
}

/**
 * The texts in the JSON value `value`, which `JSON.parse` has made: strings wherever they stand, the names of members not among them. Of a
 * signed entry what stands under `proof` is left out: nobody has written it.
 */
export function* textsOf(value: unknown, { isSigned }: { readonly isSigned: boolean }): Generator<string> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (!isSigned || name !== PROOF) yield* textsOf(member, { isSigned: false });
  }
}

/** Whether each of `words` stands in one of the texts of `value`, which are those of `textsOf`. */
export function hasWords(words: readonly string[], value: unknown, options: { readonly isSigned: boolean }): boolean {
  const missing = new Set(words);
  for (const text of textsOf(value, options)) {
    for (const word of wordsOf(text)) missing.delete(word);
    if (missing.size === 0) return true;
  }
  return missing.size === 0;
}

/**
 * One spelling for all that Unicode takes for the same, whatever the case: lower, upper and lower, so that `ẞ` and `ß` are `ss`. A
 * sigma is put into lower case by hand, because JavaScript looks at what stands around it, and in a question that is another thing.
 *
 * Of marks in a row no more count than a word has characters: to put them in order takes time that grows with the square of their
 * number, 0.3 s in an entry of 64 KiB.
 */
function folded(text: string): string {
  const upper = text.replace(MANY_MARKS, '$1').normalize('NFKC').toLowerCase().toUpperCase();
  return upper.replaceAll('Σ', 'σ').toLowerCase().normalize('NFKC');
}

/** Cut between two characters. */
function beginning(word: string): string {
  if (word.length <= WORD_CHARACTERS_MAX) return word;
  return Array.from(word.slice(0, 2 * WORD_CHARACTERS_MAX))
    .slice(0, WORD_CHARACTERS_MAX)
    .join('');
}

// Most texts are ASCII, of which this is the same rule, in a fifth of the time.
const ASCII = /^[\0-\x7f]*$/;
const ASCII_WORDS = /[a-z0-9]+/g;
const WORDS = /[\p{L}\p{M}\p{N}]+/gu;
// The two behind the marks are letters that Unicode takes for marks.
const MANY_MARKS = /([\p{M}\uff9e\uff9f]{128})[\p{M}\uff9e\uff9f]+/gu;
const PROOF = 'proof';
const WORD_CHARACTERS_MAX = 128;
