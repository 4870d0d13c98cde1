/** Help, and what is said to those who ask for that of a command that there is not. */
import type { Command } from 'commander';

/** Where the commands of `group` (`cairn`, `cairn keys`) are told of, for who has mistaken one. */
export function helpHint(group: string): string {
  return `Run \`${group} --help\`, or \`${group} <command> --help\`, to see what there is.`;
}

/** `help` for the commands of `group`. To be added behind them, as it stands at the end of the list. */
export function addHelpCommand(group: Command): void {
  group
    .helpCommand(false)
    .command('help')
    .description('print the help of a command')
    .argument('[command...]', 'whose help; none for all that there is')
    .action((names: readonly string[]) => printHelp(group, names));
}

/** Has `cairn nosuch --help` end as `cairn nosuch` does, where commander would print the help of all. */
export function refuseHelpOfUnknown(program: Command): void {
  program.addHelpText('beforeAll', ({ command }) => {
    const [name = ''] = command.args;
    if (name !== '' && !name.startsWith('-')) refuseUnknown(command, name);
    return '';
  });
}

/** What stands behind the name of a command are its arguments, and no help is asked of them. */
function printHelp(group: Command, [name, ...names]: readonly string[]): void {
  const command = group.commands.find((candidate) => candidate.name() === name);
  if (command !== undefined) {
    printHelp(command, names);
    return;
  }
  if (name !== undefined) refuseUnknown(group, name);
  group.help();
}

/** Throws where `group` is nothing but its commands, and none of them has this name. */
function refuseUnknown(group: Command, name: string): void {
  const isGroup = group.commands.length > 0 && group.registeredArguments.length === 0;
  if (!isGroup || group.commands.some((command) => command.name() === name)) return;
  // Commander says it best: which name was meant, perhaps.
  group.parse([name], { from: 'user' });
}
