/**
 * What a command is configured with: flags first, then the environment, then `config.json` in Cairn's home.
 *
 * Every setting has one name: `gateway_port` in the file is `CAIRN_GATEWAY_PORT` in the environment.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { MiningMode } from '../api/shapes.ts';
import type { KernelName } from '../mining/kernel-name.ts';
import type { CairnHome } from '../probe/cairn-home.ts';
import type { ProbeTarget } from '../probe/probe-client.ts';
import { CommandError, codeOf, EXIT_CODES } from './command-error.ts';
import {
  LISTEN_ADDRESS,
  LISTEN_PORT,
  LOG_LEVEL,
  type LogLevel,
  MINING_KERNEL,
  MINING_MODE,
  NODE_ADDRESS,
  PEER_ADDRESS,
  PERCENT,
  TEXT,
  type ValueKind,
} from './value-kind.ts';

/** As far as the environment and the file say something. */
export interface Settings {
  /** The address of a node's probe socket. */
  readonly host: string | undefined;
  readonly peers: readonly string[];
  readonly listen: readonly string[];
  readonly mine: MiningMode | undefined;
  /** How much of the machine may mine, in percent. */
  readonly miningShare: number | undefined;
  readonly miningKernel: KernelName | 'auto' | undefined;
  /** The path of a parameter file. */
  readonly network: string | undefined;
  readonly log: LogLevel | undefined;
  readonly gatewayPort: number | undefined;
  readonly gatewayHost: string | undefined;
  readonly tokenFile: string | undefined;
  readonly allowedHosts: readonly string[];
  /** Nodes within reach beside those on the list of running nodes. */
  readonly nodes: readonly ProbeTarget[];
}

/** Throws a `CommandError` that names the setting and where it was made. */
export async function loadSettings(home: CairnHome, env: NodeJS.ProcessEnv): Promise<Settings> {
  const source = new SettingSource(env, home.configFile, await readConfig(home.configFile));
  return {
    host: source.one('host', TEXT)?.value,
    peers: source.list('peers', PEER_ADDRESS),
    listen: source.list('listen', LISTEN_ADDRESS),
    mine: source.one('mine', MINING_MODE)?.value,
    miningShare: source.one('mining_share', PERCENT)?.value,
    miningKernel: source.one('mining_kernel', MINING_KERNEL)?.value,
    network: source.path('network'),
    log: source.one('log', LOG_LEVEL)?.value,
    gatewayPort: source.one('gateway_port', LISTEN_PORT)?.value,
    gatewayHost: source.one('gateway_host', TEXT)?.value,
    tokenFile: source.path('token_file'),
    allowedHosts: source.list('allowed_hosts', TEXT),
    nodes: source.list('nodes', NODE_ADDRESS),
  };
}

const KEYS = [
  'host',
  'peers',
  'listen',
  'mine',
  'mining_share',
  'mining_kernel',
  'network',
  'log',
  'gateway_port',
  'gateway_host',
  'token_file',
  'allowed_hosts',
  'nodes',
] as const;

type Key = (typeof KEYS)[number];
type Config = ReadonlyMap<Key, unknown>;

async function readConfig(path: string): Promise<Config> {
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
    const key = KEYS.find((known) => known === name);
    if (key === undefined) {
      const text = `${path}: there is no setting ${JSON.stringify(name)}; these there are: ${KEYS.join(', ')}.`;
      throw configError('config-key-unknown', text);
    }
    config.set(key, value);
  }
  return config;
}

class SettingSource {
  readonly #env: NodeJS.ProcessEnv;
  readonly #configPath: string;
  readonly #config: Config;

  constructor(env: NodeJS.ProcessEnv, configPath: string, config: Config) {
    this.#env = env;
    this.#configPath = configPath;
    this.#config = config;
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

  #fromEnvironment(key: Key): { readonly name: string; readonly text: string | undefined } {
    const name = `CAIRN_${key.toUpperCase()}`;
    const text = this.#env[name];
    return { name, text: text === '' ? undefined : text };
  }

  #parse<Value>(where: string, value: unknown, kind: ValueKind<Value>): Value {
    const parsed = typeof value === 'string' || typeof value === 'number' ? kind.parse(String(value)) : undefined;
    if (parsed !== undefined) return parsed;
    throw configError('config-invalid', `${where}: ${JSON.stringify(value)} will not do; it must be ${kind.expected}.`);
  }
}

function configError(code: string, message: string, cause?: unknown): CommandError {
  return new CommandError(EXIT_CODES.configuration, code, message, cause);
}
