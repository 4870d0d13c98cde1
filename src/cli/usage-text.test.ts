import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command, InvalidArgumentError, Option } from 'commander';
import { describeUsageError } from './usage-text.ts';

/** What people are told of `args`. */
function told(...args: readonly string[]): string {
  let text = '';
  const refuse = () => {
    throw new InvalidArgumentError('It must be a port from 1 to 65535.');
  };
  const program = new Command('cairn').exitOverride().configureOutput({
    outputError: (error) => {
      text += describeUsageError(error);
    },
  });
  program
    .command('status')
    .argument('<port>', 'of the node', refuse)
    .option('-k, --key <name>')
    .addOption(new Option('--mine <when>').choices(['demand', 'always']))
    .option('--limit <n>', 'how many', refuse)
    .action(() => undefined);
  assert.throws(() => program.parse(args, { from: 'user' }));
  return text;
}

const CASES: readonly (readonly [args: readonly string[], text: string])[] = [
  [['status', 'x'], "<port> cannot be 'x'. It must be a port from 1 to 65535.\n"],
  [['status', "it's\n"], "<port> cannot be 'it's\n'. It must be a port from 1 to 65535.\n"],
  [['status', '1', '--limit', '0'], "--limit cannot be '0'. It must be a port from 1 to 65535.\n"],
  [['status', '1', '--mine', 'now'], "--mine cannot be 'now'. It must be one of demand, always.\n"],
  [['status', '1', '-k'], '--key takes a value: --key <name>.\n'],
  [['status'], '<port> is missing.\n'],
  [['stats', '1'], "unknown command 'stats'\n(Did you mean status?)\n"],
  [['status', '1', '--lim', '1'], "unknown option '--lim'\n(Did you mean --limit?)\n"],
];

for (const [args, text] of CASES) {
  test(`\`cairn ${args.join(' ').trim()}\` is told: ${text.split('\n')[0]}`, () => {
    assert.equal(told(...args), text);
  });
}
