/** How an author is named on the command line: as `did:key:z6Mk…`, or by a key of the home. */
import { type Did, parseDid } from '../core/did-key.ts';
import type { CairnHome } from '../probe/cairn-home.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';
import { isKeyName } from './key-name.ts';
import { readStoredKey } from './key-store.ts';

/** Throws a `CommandError` where `name` names nobody. */
export async function findAuthor(home: CairnHome, name: string): Promise<Did> {
  const did = parseDid(name);
  if (did !== undefined) return did;
  if (!isKeyName(name)) {
    const message = `${JSON.stringify(name)} is no author: name one as did:key:z6Mk…, or by a key of yours (\`cairn keys list\`).`;
    throw new CommandError(EXIT_CODES.usage, 'author-invalid', message);
  }
  const { author } = await readStoredKey(home, name);
  if (author !== undefined) return author;
  const message = `The file of the key "${name}" does not say whom it signs as: name the author as did:key:z6Mk….`;
  throw new CommandError(EXIT_CODES.usage, 'author-invalid', message);
}
