/** What commander says of a wrong command line, in the words of ours. */

/** `text` is commander's, with its line end; what it says well stays as it is. */
export function describeUsageError(text: string): string {
  const plain = text.replace(/^error: /, '');
  const valueless = /^option '(?:-\w, )?(--[\w-]+) (<[^']*>)' argument missing$/m.exec(plain);
  if (valueless !== null) return `${valueless[1]} takes a value: ${valueless[1]} ${valueless[2]}.\n`;
  const missing = /^missing required argument '([^']*)'$/m.exec(plain);
  if (missing !== null) return `<${missing[1]}> is missing.\n`;
  const invalid = INVALID_ARGUMENT.exec(plain) ?? INVALID_OPTION.exec(plain);
  if (invalid?.groups === undefined) return plain;
  const { place = '', value, expected = '' } = invalid.groups;
  // An argument is written in brackets in every help; an option is its own name.
  const name = place.startsWith('--') ? place : `<${place}>`;
  const what = plain.includes(CHOICES) ? `one of ${expected}` : expected;
  return `${name} cannot be '${value}'. It must be ${what.trimEnd()}\n`;
}

const CHOICES = 'Allowed choices are ';
const REASON = `(?:It must be |${CHOICES})(?<expected>.*)$`;
const INVALID_ARGUMENT = new RegExp(
  `^command-argument value '(?<value>.*)' is invalid for argument '(?<place>[^']*)'\\. ${REASON}`,
  'ms',
);
const INVALID_OPTION = new RegExp(
  `^option '(?:-\\w, )?(?<place>--[\\w-]+)[^']*' argument '(?<value>.*)' is invalid\\. ${REASON}`,
  'ms',
);
