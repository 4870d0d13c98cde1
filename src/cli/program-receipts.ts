/** The commands for what is proved to people who run no node. */
import type { Command } from 'commander';
import type { NotarizeFlags } from './notarize-command.ts';
import { examples, type JsonFlag, jsonOption, parser, type Run } from './program-parts.ts';
import { DEPTH, ENTRY_ID, KEY_NAME, PORT } from './value-kind.ts';
import type { VerifyFlags } from './verify-command.ts';

/** `receipt`, `notarize` and `verify`. */
export function addReceipts(program: Command, run: Run): void {
  const receipt = program
    .command('receipt')
    .description('write a file that proves, to anybody and without asking anybody, that an entry is on record')
    .argument('<port>', 'of the node', parser(PORT))
    .argument('<id>', 'of the entry: 64 hex digits, as append --ids and the explorer tell it', parser(ENTRY_ID))
    .argument('[file]', 'named by the id unless told; - for stdout')
    .addOption(jsonOption())
    .addHelpText(
      'before',
      examples(
        'receipt 5001 "$id"',
        'receipt 5001 "$id" order-17.receipt.json',
        'receipt renew 5001 order-17.receipt.json',
      ),
    )
    .action((port: number, id: string, file: string | undefined, flags: JsonFlag) =>
      run(async (context) => (await import('./receipt-command.ts')).runReceipt(context, port, id, { file, ...flags })),
    );
  receipt
    .command('renew')
    .description('have receipts show the work that has come on top of their entries since; the place stays the same')
    .argument('<port>', 'of a node of the network', parser(PORT))
    .argument('<file...>', 'receipts, which are replaced, or the files that they lie beside')
    .addOption(jsonOption())
    .addHelpText('before', examples('receipt renew 5001 order-17.receipt.json', 'receipt renew 5001 *.receipt.json'))
    .action((port: number, files: readonly string[], _flags: JsonFlag, command: Command) =>
      run(async (context) =>
        (await import('./receipt-command.ts')).runReceiptRenew(context, port, files, command.optsWithGlobals()),
      ),
    );
  program
    .command('notarize')
    .description(
      'record the hashes of files, and write a receipt beside each: who has both can prove when it was there',
    )
    .argument('<port>', 'of the node', parser(PORT))
    .argument('<file...>', 'of any size; they are read, and go nowhere')
    .option('--sign <key>', 'sign the entries with this key of the home (`cairn keys`)', parser(KEY_NAME))
    .option('--passphrase-file <file>', 'holds the passphrase of that key')
    .option('--depth <blocks>', 'wait for so many blocks on top of each entry (0)', parser(DEPTH))
    .option('--no-name', 'record hash and size only, and not what the files are called')
    .addOption(jsonOption())
    .addHelpText('before', examples('notarize 5001 contract.pdf', 'notarize 5001 --sign alice --depth 6 *.tar.gz'))
    .action((port: number, files: readonly string[], flags: NotarizeFlags) =>
      run(async (context) => (await import('./notarize-command.ts')).runNotarize(context, port, files, flags)),
    );
  program
    .command('verify')
    .description('check, offline, what others hand over, and exit with 1 where something is not proven')
    .argument('<file...>', 'receipts, files that were notarised, archives, evidence against authors; - for stdin')
    .option('--receipt <file>', 'the receipt of the file, where it does not lie beside it')
    .option('--network <file>', 'the parameter file of the network that they must be of')
    .option('--genesis <hash>', 'the genesis of that network, in its place')
    .option('--steps', 'print each thing that was checked')
    .addOption(jsonOption())
    .addHelpText(
      'before',
      examples('verify contract.pdf', 'verify order-17.receipt.json', 'verify --steps *.receipt.json'),
    )
    .action((files: readonly string[], flags: VerifyFlags) =>
      run(async (context) => (await import('./verify-command.ts')).runVerify(context, files, flags)),
    );
}
