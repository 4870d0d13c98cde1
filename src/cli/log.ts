/** The log of long-running commands: lines of JSON on stderr, or lines for people where a person watches. */
import { pino } from 'pino';
import type { CommandContext } from './command-context.ts';
import type { Terminal } from './terminal.ts';
import type { LogLevel } from './value-kind.ts';

export function createLogger(terminal: Terminal, level: LogLevel): pino.Logger {
  const write = (line: string) => {
    const text = line.trimEnd();
    terminal.talk(terminal.hasProgress ? (formatLogLine(terminal, text) ?? text) : text);
  };
  return pino({ level, base: null }, { write });
}

/** The log of a command that stays up, at the level that its flag, a setting or else `otherwise` says. */
export function startLog(
  { terminal, settings }: CommandContext,
  { flag, otherwise }: { readonly flag: LogLevel | undefined; readonly otherwise: LogLevel },
): pino.Logger {
  const logger = createLogger(terminal, flag ?? settings.log ?? otherwise);
  for (const variable of settings.unknownVariables)
    logger.warn({ variable }, 'a variable of the environment is no setting: `cairn config` lists those there are');
  return logger;
}

/** A line of our log as people read it; undefined where `line` is none. */
export function formatLogLine(terminal: Terminal, line: string): string | undefined {
  const record = parseRecord(line);
  if (record === undefined) return undefined;
  const { level, time, msg, ...facts } = record;
  if (typeof level !== 'number' || typeof time !== 'number') return undefined;
  const name = pino.levels.labels[level] ?? String(level);
  const clock = new Date(time).toISOString().slice(11, 19);
  const label =
    level >= WARN ? terminal.styleTalk(level > WARN ? 'red' : 'yellow', name) : terminal.styleTalk('dim', name);
  const details = Object.entries(facts).map(([key, value]) => ` ${key}=${formatFact(value)}`);
  return `${terminal.styleTalk('dim', clock)} ${label} ${String(msg ?? '')}${terminal.styleTalk('dim', details.join(''))}`;
}

function parseRecord(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === 'object' && record !== null ? { ...record } : undefined;
  } catch {
    return undefined;
  }
}

/** Of an error the message only: all of it is in the log that nobody watches. */
function formatFact(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'stack' in value && 'message' in value) {
    return JSON.stringify(value.message);
  }
  return typeof value === 'string' && /^\S+$/.test(value) ? value : (JSON.stringify(value) ?? 'undefined');
}

const WARN = 40;
