/** What keys may be called: a name is part of that of a file, on file systems that know no capitals, too. */

/** Whether `text` can name a key. */
export function isKeyName(text: string): boolean {
  return KEY_NAME.test(text);
}

const KEY_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;
