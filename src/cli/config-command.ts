/** `cairn config`: what is set, where that was done, and what could be. */
import type { CommandContext } from './command-context.ts';
import { EXIT_CODES, type ExitCode } from './command-error.ts';
import { settingOrigins, settingsSchema } from './settings.ts';
import { tableLines } from './table.ts';

export interface ConfigFlags {
  readonly schema?: boolean;
  readonly json?: boolean;
}

/** Throws as `loadSettings` does where a setting will not do. */
export async function runConfig(
  { terminal, home, settings }: CommandContext,
  env: NodeJS.ProcessEnv,
  flags: ConfigFlags,
): Promise<ExitCode> {
  if (flags.schema === true) {
    await terminal.print(JSON.stringify(settingsSchema(), null, 2));
    return EXIT_CODES.done;
  }
  for (const variable of settings.unknownVariables)
    terminal.talk(`${variable} in the environment is no setting: nothing comes of it.`);
  const origins = await settingOrigins(home, env);
  if (flags.json === true) {
    const settings = origins.map(({ setting: { key }, value, from }) => ({
      key,
      value: value ?? null,
      from: from ?? null,
    }));
    await terminal.print(JSON.stringify({ file: home.configFile, settings }));
    return EXIT_CODES.done;
  }
  const rows = origins.map(({ setting: { key, otherwise }, value, from }) => [
    key,
    value === undefined ? otherwise : typeof value === 'string' ? value : JSON.stringify(value),
    from ?? 'unless told',
  ]);
  for (const line of tableLines([{ title: 'setting' }, { title: 'value' }, { title: 'from' }], rows))
    await terminal.print(line);
  return EXIT_CODES.done;
}
