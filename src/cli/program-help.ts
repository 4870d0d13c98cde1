/** Help, and what is said to those who ask for that of a command that there is not, or have mistaken one that there is. */
import type { Command } from 'commander';

/** Gives help to `program`, which has all its commands: `help` stands at the end of their lists. */
export function addHelp(program: Command): void {
  // So that `cairn nosuch --help` ends as `cairn nosuch` does, where commander would print the help of all.
  program.addHelpText('beforeAll', ({ command }) => {
    const [name = ''] = command.args;
    if (name !== '' && !name.startsWith('-')) refuseUnknown(command, name);
    return '';
  });
  addHelpTo(program, program.name());
}

/** `line` is what is typed for the command. */
function addHelpTo(command: Command, line: string): void {
  const help = `Run \`${line} --help\``;
  if (isGroup(command)) {
    command.showHelpAfterError(`${help}, or \`${line} <command> --help\`, to see what there is.`);
    command
      .helpCommand(false)
      .command('help')
      .description('print the help of a command')
      .argument('[command...]', 'whose help; none for all that there is')
      .action((names: readonly string[]) => printHelp(command, names));
  } else {
    command.showHelpAfterError(`${help} to see what it takes.`);
  }
  for (const inner of command.commands) addHelpTo(inner, `${line} ${inner.name()}`);
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

/** Throws where `command` is a group, and none of its commands has this name. */
function refuseUnknown(command: Command, name: string): void {
  if (!isGroup(command) || command.commands.some((inner) => inner.name() === name)) return;
  // Commander says it best: which name was meant, perhaps.
  command.parse([name], { from: 'user' });
}

/** Whether it does nothing by itself. */
function isGroup(command: Command): boolean {
  return command.commands.length > 0 && command.registeredArguments.length === 0;
}
