/** The commands for who signs: keys, and what is on record of an author. */
import type { Command } from 'commander';
import type { AuthorFlags } from './author-command.ts';
import type { KeyImportFlags, KeyMakingFlags } from './keys-command.ts';
import { examples, type JsonFlag, jsonOption, parser, type Run } from './program-parts.ts';
import { KEY_NAME, PORT } from './value-kind.ts';

export function addAuthors(program: Command, run: Run): void {
  const keys = program
    .command('keys')
    .description('make, list and keep the keys that entries are signed with')
    .addHelpText('before', examples('keys create alice', 'append 5001 events.ndjson --sign alice'));
  addKeyMaking(keys, run);
  addKeyKeeping(keys, run);
  program
    .command('author')
    .description('check all that an author has on record; exits with 1 where something is missing or at odds')
    .argument('<port>', 'of a node that keeps records (--records)', parser(PORT))
    .argument('<author>', 'did:key:z6Mk…, or the name of a key of yours')
    .option('--evidence <file>', 'where two entries convict the author, write them into this file')
    .addOption(jsonOption())
    .addHelpText('before', examples('author 5001 alice', 'author 5001 "$did" --evidence conflict.json'))
    .action((port: number, author: string, flags: AuthorFlags) =>
      run(async (context) => (await import('./author-command.ts')).runAuthor(context, port, author, flags)),
    );
}

function addKeyMaking(keys: Command, run: Run): void {
  keys
    .command('create')
    .description('make a key, and print whom it signs as')
    .argument('<name>', 'of the key: lower-case letters, digits, - and _', parser(KEY_NAME))
    .option('--passphrase', 'ask for a passphrase; without one, whoever has the file can sign')
    .option('--passphrase-file <file>', 'take the passphrase from the first line of this file')
    .addOption(jsonOption())
    .addHelpText('before', examples('keys create alice', 'keys create alice --passphrase'))
    .action((name: string, flags: KeyMakingFlags) =>
      run(async (context) => (await import('./keys-command.ts')).runKeysCreate(context, name, flags)),
    );
  keys
    .command('import')
    .description('keep a key that was made elsewhere')
    .argument('<name>', 'for the key: lower-case letters, digits, - and _', parser(KEY_NAME))
    .argument('<file>', 'with an Ed25519 private key in PEM (PKCS#8); - for stdin')
    .option('--passphrase', 'ask for a passphrase to lock it with, where it is not locked')
    .option('--passphrase-file <file>', 'take the passphrase, new or old, from the first line of this file')
    .option('--unused', 'nothing was ever signed with it')
    .addOption(jsonOption())
    .addHelpText('before', examples('keys import alice alice.pem', 'keys import robot robot.pem --unused'))
    .action((name: string, file: string, flags: KeyImportFlags) =>
      run(async (context) => (await import('./keys-command.ts')).runKeysImport(context, name, file, flags)),
    );
}

function addKeyKeeping(keys: Command, run: Run): void {
  keys
    .command('list')
    .description('print all keys, and whom they sign as')
    .addOption(jsonOption())
    .addHelpText('before', examples('keys list'))
    .action((flags: JsonFlag) =>
      run(async (context) => (await import('./keys-command.ts')).runKeysList(context, flags)),
    );
  keys
    .command('show')
    .description('print whom a key signs as, where it lies, and how much it has signed')
    .argument('<name>', 'of the key', parser(KEY_NAME))
    .addOption(jsonOption())
    .addHelpText('before', examples('keys show alice'))
    .action((name: string, flags: JsonFlag) =>
      run(async (context) => (await import('./keys-command.ts')).runKeysShow(context, name, flags)),
    );
  keys
    .command('export')
    .description('copy a key into a new file, locked or not as it is here')
    .argument('<name>', 'of the key', parser(KEY_NAME))
    .argument('<file>', 'that is not there yet; - for stdout')
    .addHelpText('before', examples('keys export alice /media/safe/alice.pem'))
    .action((name: string, file: string) =>
      run(async (context) => (await import('./keys-command.ts')).runKeysExport(context, name, file)),
    );
  keys
    .command('remove')
    .description('take a key away for good')
    .argument('<name>', 'of the key', parser(KEY_NAME))
    .option('--yes', 'do not ask')
    .addHelpText('before', examples('keys remove alice'))
    .action((name: string, flags: { readonly yes?: boolean }) =>
      run(async (context) => (await import('./keys-command.ts')).runKeysRemove(context, name, flags)),
    );
}
