/** Where settings are looked for: the environment, then `config.json`. Knows their names and shapes, and not what they mean. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CommandError, codeOf, EXIT_CODES } from './command-error.ts';
import { TEXT, type ValueKind } from './value-kind.ts';

/** The settings named `Key`, wherever they were made. Its methods throw a `CommandError` that names the setting and the place. */
export class SettingSource<Key extends string> {
  readonly #env: NodeJS.ProcessEnv;
  readonly #configPath: string;
  readonly #config: ReadonlyMap<Key, unknown>;

  private constructor(env: NodeJS.ProcessEnv, configPath: string, config: ReadonlyMap<Key, unknown>) {
    this.#env = env;
    this.#configPath = configPath;
    this.#config = config;
  }

  /** Throws where the file cannot be read, or has a key that is none of `keys`. */
  static async open<Key extends string>(
    env: NodeJS.ProcessEnv,
    configPath: string,
    keys: readonly Key[],
  ): Promise<SettingSource<Key>> {
    return new SettingSource(env, configPath, await readConfig(configPath, keys));
  }

  one<Value>(key: Key, kind: ValueKind<Value>): { readonly value: Value; readonly isFromFile: boolean } | undefined {
    const { name, text } = this.#fromEnvironment(key);
    if (text !== undefined) return { value: this.#parse(name, text, kind), isFromFile: false };
    if (!this.#config.has(key)) return undefined;
    return { value: this.#parse(`${this.#configPath}: ${key}`, this.#config.get(key), kind), isFromFile: true };
  }

  /** In the environment with commas between. */
  list<Value>(key: Key, kind: ValueKind<Value>): Value[] {
    const { name, text } = this.#fromEnvironment(key);
    if (text !== undefined) return text.split(',').map((item) => this.#parse(name, item.trim(), kind));
    const items = this.#config.get(key) ?? [];
    const where = `${this.#configPath}: ${key}`;
    if (!Array.isArray(items)) throw configError('config-invalid', `${where}: it must be an array, in [ and ].`);
    return items.map((item: unknown, i) => this.#parse(`${where}[${i}]`, item, kind));
  }

  /** A path in the file starts from the file's own folder. */
  path(key: Key): string | undefined {
    const found = this.one(key, TEXT);
    return found?.isFromFile === true ? resolve(dirname(this.#configPath), found.value) : found?.value;
  }

  /** As it was spelt, and the variable or the file where. */
  origin(key: Key): { readonly value: unknown; readonly from: string | undefined } {
    const { name, text } = this.#fromEnvironment(key);
    if (text !== undefined) return { value: text, from: name };
    return this.#config.has(key)
      ? { value: this.#config.get(key), from: this.#configPath }
      : { value: undefined, from: undefined };
  }

  #fromEnvironment(key: Key): { readonly name: string; readonly text: string | undefined } {
    const name = variableOf(key);
    const text = this.#env[name];
    return { name, text: text === '' ? undefined : text };
  }

  #parse<Value>(where: string, value: unknown, kind: ValueKind<Value>): Value {
    const parsed = ['string', 'number', 'boolean'].includes(typeof value) ? kind.parse(String(value)) : undefined;
    if (parsed !== undefined) return parsed;
    throw configError('config-invalid', `${where}: ${JSON.stringify(value)} will not do; it must be ${kind.expected}.`);
  }
}

/** The variable of the environment for the setting `key`. */
export function variableOf(key: string): string {
  return VARIABLE_PREFIX + key.toUpperCase();
}

async function readConfig<Key extends string>(path: string, keys: readonly Key[]): Promise<ReadonlyMap<Key, unknown>> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return new Map();
    const reason = error instanceof Error ? error.message : String(error);
    throw configError('config-unreadable', `${path}: it cannot be read (${reason}); mend it, or take it away.`, error);
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw configError('config-invalid', `${path}: it must hold one JSON object, such as {"mine": "always"}.`);
  }
  const config = new Map<Key, unknown>();
  for (const [name, value] of Object.entries(document)) {
    // By which an editor knows the form of the file.
    if (name === '$schema') continue;
    const key = keys.find((known) => known === name);
    if (key === undefined) {
      const text = `${path}: there is no setting ${JSON.stringify(name)}; these there are: ${keys.join(', ')}.`;
      throw configError('config-key-unknown', text);
    }
    config.set(key, value);
  }
  return config;
}

export const VARIABLE_PREFIX = 'CAIRN_';

function configError(code: string, message: string, cause?: unknown): CommandError {
  return new CommandError(EXIT_CODES.configuration, code, message, cause);
}
