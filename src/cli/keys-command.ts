/** `cairn keys`: the keys that entries are signed with. */
import { generateKeyPairSync } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { type Did, publicKeyOf } from '../core/did-key.ts';
import { AuthorBook } from './author-book.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';
import { authorOf, formatKeyFile, parseKeyFile, withAuthor } from './key-file.ts';
import {
  findKeysOf,
  keyPath,
  listKeys,
  makeKeysFolder,
  readKeyFile,
  readStoredKey,
  removeStoredKey,
  storeKey,
  writeKeyFile,
} from './key-store.ts';
import { type OpeningFlags, openKeyFile } from './opened-key.ts';
import { choosePassphrase, readLine } from './passphrase.ts';
import type { JsonFlag } from './program-parts.ts';
import { type Column, formatCount, tableLines } from './table.ts';

export interface KeyMakingFlags extends OpeningFlags, JsonFlag {
  /** Whether a passphrase is asked for. */
  readonly passphrase?: boolean;
}

export interface KeyImportFlags extends KeyMakingFlags {
  /** Whether nothing was ever signed with the key. */
  readonly unused?: boolean;
}

export async function runKeysCreate(context: CommandContext, name: string, flags: KeyMakingFlags): Promise<ExitCode> {
  await refuseTaken(context, name);
  const passphrase = await chosenPassphrase(context, flags);
  const { privateKey } = generateKeyPairSync('ed25519');
  // Before the key: that an author is new must not be forgotten while there is a key to sign with.
  await noteNew(context, authorOf(privateKey));
  await keep(context, name, formatKeyFile(privateKey, passphrase), flags);
  return EXIT_CODES.done;
}

export async function runKeysImport(
  context: CommandContext,
  name: string,
  file: string,
  flags: KeyImportFlags,
): Promise<ExitCode> {
  const { terminal } = context;
  await refuseTaken(context, name);
  const where = file === '-' ? 'stdin' : file;
  const found = file === '-' ? parseKeyFile(await text(terminal.stdin), where) : await readKeyFile(file);
  const key = await openKeyFile(context, found, where, flags);
  // What is locked stays so, with the passphrase that it has.
  const kept = found.isLocked ? withAuthor(found, key) : formatKeyFile(key, await chosenPassphrase(context, flags));
  if (flags.unused === true) await noteNew(context, authorOf(key));
  await keep(context, name, kept, flags);
  return EXIT_CODES.done;
}

export async function runKeysList(context: CommandContext, flags: JsonFlag): Promise<ExitCode> {
  const { terminal, home } = context;
  const keys: { name: string; author: string | null; locked: boolean }[] = [];
  let exitCode: ExitCode = EXIT_CODES.done;
  for (const name of await listKeys(home)) {
    try {
      const { author, isLocked } = await readStoredKey(home, name);
      keys.push({ name, author: author ?? null, locked: isLocked });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      // One that cannot be used must not hide the others.
      terminal.talk(`cairn: ${error.message}`);
      exitCode = error.exitCode;
    }
  }
  if (flags.json === true) {
    await terminal.print(JSON.stringify({ keys }));
    return exitCode;
  }
  if (keys.length === 0) {
    if (exitCode === EXIT_CODES.done) terminal.talk('There is no key yet. Make one with `cairn keys create <name>`.');
    return exitCode;
  }
  const rows = keys.map(({ name, author, locked }) => [name, author ?? 'unknown', locked ? 'yes' : 'no']);
  for (const line of tableLines(COLUMNS, rows)) await terminal.print(line);
  return exitCode;
}

export async function runKeysShow(context: CommandContext, name: string, flags: JsonFlag): Promise<ExitCode> {
  const { terminal, home } = context;
  const { author, isLocked } = await readStoredKey(home, name);
  const publicKey = author === undefined ? null : Buffer.from(publicKeyOf(author)).toString('hex');
  const networks = author === undefined ? [] : await withBook(context, (book) => book.networksOf(author));
  const path = keyPath(home, name);
  if (flags.json === true) {
    await terminal.print(
      JSON.stringify({ name, author: author ?? null, public_key: publicKey, locked: isLocked, file: path, networks }),
    );
    return EXIT_CODES.done;
  }
  const rows = [
    ['author', author ?? 'unknown until it is used'],
    ['public key', publicKey ?? 'unknown until it is used'],
    ['file', path],
    ['passphrase', isLocked ? 'yes' : 'no'],
    ...networks.flatMap(({ genesis, sequence, waiting, refused }) => [
      [
        'signed',
        `${formatCount(sequence)} in network ${genesis}${waiting === 0 ? '' : `; at no node yet: ${formatCount(waiting)}`}`,
      ],
      ...refused.map((entry) => [
        'refused',
        `number ${formatCount(entry.sequence)}, ${entry.id}: ${entry.message} (${entry.code})`,
      ]),
    ]),
  ];
  for (const [title = '', value = ''] of rows) await terminal.print(`${title.padEnd(10)}  ${value}`);
  return EXIT_CODES.done;
}

/** Writes the key as it lies here, locked or not. */
export async function runKeysExport(context: CommandContext, name: string, file: string): Promise<ExitCode> {
  const { terminal, home } = context;
  const key = await readStoredKey(home, name);
  if (file === '-') {
    await terminal.write(key.text);
    return EXIT_CODES.done;
  }
  await writeKeyFile(file, key.text);
  const guard = key.isLocked ? 'under its passphrase' : 'under no passphrase: whoever reads the file can sign with it';
  terminal.talk(`The key "${name}" is in ${file}, ${guard}.`);
  terminal.talk('Sign with it in one place only: the next number of the author is kept in each home by itself.');
  return EXIT_CODES.done;
}

export async function runKeysRemove(
  context: CommandContext,
  name: string,
  flags: { readonly yes?: boolean },
): Promise<ExitCode> {
  const { terminal, home } = context;
  const consequence = await consequenceOfRemoval(context, name);
  if (flags.yes !== true && terminal.stdin.isTTY !== true) {
    const message = `${consequence} Say --yes if "${name}" is to be removed.`;
    throw new CommandError(EXIT_CODES.usage, 'confirmation-missing', message);
  }
  terminal.talk(consequence);
  if (flags.yes !== true) {
    const typed = await readLine(terminal, `Type "${name}" to remove the key: `);
    if (typed !== name) {
      terminal.talk('Nothing was removed.');
      return EXIT_CODES.refused;
    }
  }
  await removeStoredKey(home, name);
  terminal.talk(`The key "${name}" is gone.`);
  return EXIT_CODES.done;
}

function chosenPassphrase({ terminal }: CommandContext, flags: KeyMakingFlags): Promise<string | undefined> {
  if (flags.passphraseFile === undefined && flags.passphrase !== true) return Promise.resolve(undefined);
  return choosePassphrase(terminal, flags.passphraseFile);
}

/** Before anybody is asked for a passphrase. */
async function refuseTaken({ home }: CommandContext, name: string): Promise<void> {
  if (!(await listKeys(home)).includes(name)) return;
  const message = `There is a key "${name}" already (${keyPath(home, name)}), and keys are never written over.`;
  throw new CommandError(EXIT_CODES.refused, 'key-exists', message);
}

async function keep(context: CommandContext, name: string, fileText: string, flags: JsonFlag): Promise<void> {
  const { terminal, home } = context;
  const path = await storeKey(home, name, fileText);
  const { author, isLocked } = parseKeyFile(fileText, path);
  if (flags.json === true) {
    await terminal.print(JSON.stringify({ name, author, locked: isLocked, file: path }));
    return;
  }
  terminal.talk(
    `The key "${name}" is in ${path}, ${isLocked ? 'under a passphrase' : 'under no passphrase'}. It signs as:`,
  );
  await terminal.print(author ?? '');
}

/** What nobody can do any more without the key `name`, and what stays: sentences. Throws a `CommandError` where there is none. */
async function consequenceOfRemoval(context: CommandContext, name: string): Promise<string> {
  const { author } = await readStoredKey(context.home, name);
  if (author === undefined) return 'Without a copy of this key nobody can sign with it any more.';
  const twins = (await findKeysOf(context.home, author)).filter((key) => key.name !== name);
  if (twins.length > 0) {
    const shown = twins.map((twin) => `"${twin.name}"${twin.isLocked ? ' (under a passphrase)' : ''}`);
    return `The same key stays here as ${shown.join(', ')}: who has that can go on signing as ${author}.`;
  }
  const waiting = await countWaiting(context, author);
  const lost = `No other key here signs as ${author}: without a copy nobody can any more.`;
  if (waiting === 0) return lost;
  return `${lost} Entries signed with it that no node has yet: ${formatCount(waiting)}; to hand them in takes the key, too.`;
}

function noteNew(context: CommandContext, author: Did): Promise<void> {
  return withBook(context, (book) => book.addNew(author));
}

async function countWaiting(context: CommandContext, author: Did): Promise<number> {
  const networks = await withBook(context, (book) => book.networksOf(author));
  return networks.reduce((sum, { waiting }) => sum + waiting, 0);
}

async function withBook<Value>({ home }: CommandContext, work: (book: AuthorBook) => Value): Promise<Value> {
  await makeKeysFolder(home);
  const book = AuthorBook.open(home);
  try {
    return work(book);
  } finally {
    book.close();
  }
}

const COLUMNS: readonly Column[] = [{ title: 'name' }, { title: 'author' }, { title: 'passphrase' }];
