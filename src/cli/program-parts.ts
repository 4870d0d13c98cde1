/** What the parts of the command line share: flags that several commands take, and how values are read. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { KERNEL_NAMES } from '../mining/kernel-name.ts';
import type { CommandContext } from './command-context.ts';
import type { ExitCode } from './command-error.ts';
import { LOG_LEVEL, MINING_KERNEL, PERCENT, PORT, type ValueKind } from './value-kind.ts';

/** Carries a command out, with the home and the settings that hold. */
export type Run = (command: (context: CommandContext) => Promise<ExitCode>) => Promise<void>;

export interface JsonFlag {
  readonly json?: boolean;
}

/** `--json`, which every command that prints takes. */
export function jsonOption(): Option {
  return new Option('--json', 'print JSON');
}

/** `--mining-share`; `note` goes on from what it says. */
export function miningShareOption(note = ''): Option {
  return new Option(
    '--mining-share <percent>',
    `how much of the machine may mine (100: every core, at low priority)${note}`,
  ).argParser(parser(PERCENT));
}

/** `--mining-kernel`. */
export function miningKernelOption(): Option {
  return new Option(
    '--mining-kernel <name>',
    `what tries the nonces: auto (the fastest that passes its test; the default), ${KERNEL_NAMES.join(', ')}`,
  ).argParser(parser(MINING_KERNEL));
}

/** `--log`; `level` is what holds unless told. */
export function logOption(level: string): Option {
  return new Option('--log <level>', `debug, info, warn or error (${level})`).argParser(parser(LOG_LEVEL));
}

/** For an argument or a flag: the value of this kind, or a refusal that says what it must be. */
export function parser<Value>(kind: ValueKind<Value>): (text: string) => Value {
  return (text) => {
    const value = kind.parse(text);
    if (value === undefined) throw new InvalidArgumentError(`It must be ${kind.expected}.`);
    return value;
  };
}

/** For a flag that may stand several times. */
export function collector<Value>(
  kind: ValueKind<Value>,
): (text: string, values?: readonly Value[]) => readonly Value[] {
  const parse = parser(kind);
  return (text, values = []) => [...values, parse(text)];
}

/** Lines that stand above the help of a command, without the name of the program where it stands first. */
export function examples(...lines: readonly string[]): string {
  return `Examples:\n${lines.map((line) => `  ${/^(cairn|[a-z]+ .*\| cairn) /.test(line) ? line : `cairn ${line}`}`).join('\n')}\n`;
}

/** A command that takes the port of a node and no more. */
export function addQuestion(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .argument('<port>', 'of the node', parser(PORT))
    .addOption(jsonOption())
    .addHelpText('before', examples(`${name} 5001`));
}
