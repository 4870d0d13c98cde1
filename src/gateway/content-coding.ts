/** Which of the forms of a file a client is sent, by its `Accept-Encoding` (RFC 9110 §12.5.3). */

/** A form that a file is sent in; `identity` is the file as it is. */
export type ContentCoding = 'br' | 'gzip' | 'identity';

/**
 * The smallest of the forms `available` that a client takes; `identity`, which is always there, where it takes no other. One
 * that refuses even that gets it nonetheless, as the section allows.
 */
export function chooseCoding(
  accepted: string | undefined,
  available: { has(coding: ContentCoding): boolean },
): ContentCoding {
  const taken = parseAccepted(accepted ?? '');
  return (
    PREFERENCE.find((coding) => available.has(coding) && (taken.get(coding) ?? taken.get('*') === true)) ?? 'identity'
  );
}

/** Whether each coding named is taken, or refused by a weight of zero. */
function parseAccepted(text: string): ReadonlyMap<string, boolean> {
  const taken = new Map<string, boolean>();
  for (const element of text.toLowerCase().split(',')) {
    const [name = '', ...parameters] = element.split(';').map((part) => part.trim());
    taken.set(name, !parameters.some((parameter) => ZERO_WEIGHT.test(parameter)));
  }
  return taken;
}

const PREFERENCE = ['br', 'gzip'] as const;
const ZERO_WEIGHT = /^q=0(?:\.0{0,3})?$/;
