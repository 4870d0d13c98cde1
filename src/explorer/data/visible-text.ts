/**
 * Text of strangers, cut so that nothing in it works unseen: marks that turn the direction of what follows, or that have
 * no width or form, are given as names to be shown in their place.
 */

/** A run of ordinary text, or the name of a mark. */
export type TextRun =
  | { readonly type: 'plain'; readonly text: string }
  | { readonly type: 'mark'; readonly text: string; readonly name: string };

/** The runs of `text`, in order. */
export function textRuns(text: string): TextRun[] {
  const runs: TextRun[] = [];
  let end = 0;
  for (const { 0: mark, index } of text.matchAll(MARK)) {
    if (index > end) runs.push({ type: 'plain', text: text.slice(end, index) });
    runs.push(markRun(mark));
    end = index + mark.length;
  }
  if (end < text.length) runs.push({ type: 'plain', text: text.slice(end) });
  return runs;
}

/** `text` with every mark as its name in place: for titles and labels, which take no elements. */
export function visibleText(text: string): string {
  return text.replace(MARK, (mark) => `[${markRun(mark).text}]`);
}

/** The first `charactersMax` UTF-16 code units of `text`, or one less so that no character is cut in two. */
export function beginningOf(text: string, charactersMax: number): string {
  return text.slice(0, charactersMax).replace(/[\uD800-\uDBFF]$/, '');
}

function markRun(mark: string): Extract<TextRun, { type: 'mark' }> {
  const code = mark.codePointAt(0) ?? 0;
  const text = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return { type: 'mark', text, name: NAMES.get(code) ?? 'a character that has no form' };
}

/** What of the pieces of an emoji of several people stands before and behind a joiner. */
const JOINS = String.raw`(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u{fe0f})\u{200d}(?=\p{Extended_Pictographic})`;

/**
 * Control and format characters, separators of lines, halves of surrogate pairs, and what has no meaning or a private
 * one. Line breaks and tabs are shown as they are, and so is the joiner where it joins pictures to one.
 */
const MARK = new RegExp(String.raw`(?![\n\t])(?!${JOINS})[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}]`, 'gu');

const NAMES: ReadonlyMap<number, string> = new Map([
  [0x00ad, 'soft hyphen'],
  [0x061c, 'Arabic letter mark'],
  [0x200b, 'zero width space'],
  [0x200c, 'zero width non-joiner'],
  [0x200d, 'zero width joiner'],
  [0x200e, 'left-to-right mark'],
  [0x200f, 'right-to-left mark'],
  [0x2028, 'line separator'],
  [0x2029, 'paragraph separator'],
  [0x202a, 'left-to-right embedding'],
  [0x202b, 'right-to-left embedding'],
  [0x202c, 'end of a change of direction'],
  [0x202d, 'left-to-right override'],
  [0x202e, 'right-to-left override'],
  [0x2060, 'word joiner'],
  [0x2066, 'left-to-right isolate'],
  [0x2067, 'right-to-left isolate'],
  [0x2068, 'first strong isolate'],
  [0x2069, 'end of an isolate'],
  [0xfeff, 'zero width no-break space'],
]);
