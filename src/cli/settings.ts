/**
 * What a command is configured with: flags first, then the environment, then `config.json` in Cairn's home.
 *
 * Every setting has one name: `gateway_port` in the file is `CAIRN_GATEWAY_PORT` in the environment.
 */
import type { MiningMode } from '../api/shapes.ts';
import type { KernelName } from '../mining/kernel-name.ts';
import type { CairnHome } from '../probe/cairn-home.ts';
import type { ProbeTarget } from '../probe/probe-client.ts';
import { SettingSource, VARIABLE_PREFIX, variableOf } from './setting-source.ts';
import {
  FIELD,
  LISTEN_ADDRESS,
  LISTEN_PORT,
  LOG_LEVEL,
  type LogLevel,
  MINING_KERNEL,
  MINING_MODE,
  NODE_ADDRESS,
  PEER_ADDRESS,
  PERCENT,
  SWITCH,
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
  readonly records: boolean | undefined;
  /** JSON Pointers to fields of entries that can be asked for at once. */
  readonly indexes: readonly string[];
  readonly fullText: boolean | undefined;
  readonly log: LogLevel | undefined;
  readonly gatewayPort: number | undefined;
  readonly gatewayHost: string | undefined;
  readonly tokenFile: string | undefined;
  readonly allowedHosts: readonly string[];
  /** Nodes within reach beside those on the list of running nodes. */
  readonly nodes: readonly ProbeTarget[];
  /** Variables of the environment that look like settings and are none: misspelt ones, perhaps. */
  readonly unknownVariables: readonly string[];
}

/** One setting: what it is called in the file, what it may be, and where it does not stand by itself, how it stands. */
export interface Setting {
  readonly key: SettingKey;
  readonly kind: ValueKind<unknown>;
  /** `path`: in the file it starts from the file's own folder. */
  readonly shape: 'one' | 'list' | 'path';
  readonly about: string;
  /** What holds where nothing is said, for people. */
  readonly otherwise: string;
}

/** Where a setting was made. */
export interface SettingOrigin {
  readonly setting: Setting;
  /** As it was spelt; undefined where nothing is said. */
  readonly value: unknown;
  /** The variable, the file, or undefined where nothing is said. */
  readonly from: string | undefined;
}

/** Throws a `CommandError` that names the setting and where it was made. */
export async function loadSettings(home: CairnHome, env: NodeJS.ProcessEnv): Promise<Settings> {
  const source = await openSource(home, env);
  return {
    host: source.one('host', TEXT)?.value,
    peers: source.list('peers', PEER_ADDRESS),
    listen: source.list('listen', LISTEN_ADDRESS),
    mine: source.one('mine', MINING_MODE)?.value,
    miningShare: source.one('mining_share', PERCENT)?.value,
    miningKernel: source.one('mining_kernel', MINING_KERNEL)?.value,
    network: source.path('network'),
    records: source.one('records', SWITCH)?.value,
    indexes: source.list('indexes', FIELD),
    fullText: source.one('full_text', SWITCH)?.value,
    log: source.one('log', LOG_LEVEL)?.value,
    gatewayPort: source.one('gateway_port', LISTEN_PORT)?.value,
    gatewayHost: source.one('gateway_host', TEXT)?.value,
    tokenFile: source.path('token_file'),
    allowedHosts: source.list('allowed_hosts', TEXT),
    nodes: source.list('nodes', NODE_ADDRESS),
    unknownVariables: unknownVariables(env),
  };
}

/** They may be another program's, so they are told of and not refused. */
function unknownVariables(env: NodeJS.ProcessEnv): string[] {
  const known = new Set(['CAIRN_HOME', ...KEYS.map(variableOf)]);
  return Object.keys(env).filter((name) => name.startsWith(VARIABLE_PREFIX) && !known.has(name));
}

/** Every setting with where it was made, in the order of `SETTINGS`. Throws as `loadSettings` does. */
export async function settingOrigins(home: CairnHome, env: NodeJS.ProcessEnv): Promise<SettingOrigin[]> {
  const source = await openSource(home, env);
  return SETTINGS.map((setting) => ({ setting, ...source.origin(setting.key) }));
}

/** The JSON Schema (draft 2020-12) of `config.json`. */
export function settingsSchema(): Readonly<Record<string, unknown>> {
  const properties = SETTINGS.map(({ key, kind, shape, about, otherwise }) => {
    const one = { type: 'string', minLength: 1, ...kind.schema };
    const description = `${about} ${shape === 'list' ? 'Each is' : 'It is'} ${kind.expected}. Unless told: ${otherwise}.`;
    return [key, shape === 'list' ? { type: 'array', items: one, description } : { ...one, description }] as const;
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'config.json of Cairn',
    type: 'object',
    properties: { $schema: { type: 'string' }, ...Object.fromEntries(properties) },
    additionalProperties: false,
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
  'records',
  'indexes',
  'full_text',
  'log',
  'gateway_port',
  'gateway_host',
  'token_file',
  'allowed_hosts',
  'nodes',
] as const;

type SettingKey = (typeof KEYS)[number];

const ABOUT: Readonly<Record<SettingKey, Omit<Setting, 'key'>>> = {
  host: one(TEXT, 'Where the probe socket of a node listens; whoever reaches it owns the node.', '127.0.0.1'),
  peers: list(PEER_ADDRESS, 'Peers to keep in touch with.', 'those that are found on the machine and near it'),
  listen: list(LISTEN_ADDRESS, 'Where peers reach a node.', 'any free port of loopback'),
  mine: one(MINING_MODE, 'When a node mines.', 'entries'),
  mining_share: one(PERCENT, 'How much of the machine may mine, in percent.', '100, at low priority'),
  mining_kernel: one(MINING_KERNEL, 'What tries the nonces.', 'auto, the fastest that passes its test'),
  network: path('The parameter file of the network to join.', 'the default network'),
  records: one(SWITCH, 'Whether a node keeps a table of records, which can be asked by author and time.', 'false'),
  indexes: list(FIELD, 'Fields by which records can be asked for at once; with any, records are kept.', 'none'),
  full_text: one(SWITCH, 'Whether records can be asked for by their words at once; with it, they are kept.', 'false'),
  log: one(LOG_LEVEL, 'What is logged.', 'info of a node, warn of a gateway'),
  gateway_port: one(LISTEN_PORT, 'Where the gateway listens.', '8080'),
  gateway_host: one(TEXT, 'Where the gateway listens; beyond loopback it needs a token.', '127.0.0.1'),
  token_file: path('Holds the token that whatever changes state at the gateway must carry.', 'none is asked for'),
  allowed_hosts: list(TEXT, 'Other names that the gateway goes by.', 'none'),
  nodes: list(NODE_ADDRESS, 'Nodes within reach beside those on the list of running nodes.', 'none'),
};

/** Every setting there is. */
const SETTINGS: readonly Setting[] = KEYS.map((key) => ({ key, ...ABOUT[key] }));

function one(kind: ValueKind<unknown>, about: string, otherwise: string): Omit<Setting, 'key'> {
  return { kind, shape: 'one', about, otherwise };
}

function list(kind: ValueKind<unknown>, about: string, otherwise: string): Omit<Setting, 'key'> {
  return { kind, shape: 'list', about, otherwise };
}

function path(about: string, otherwise: string): Omit<Setting, 'key'> {
  return {
    kind: { ...TEXT, expected: "a path, in the file from the file's own folder" },
    shape: 'path',
    about,
    otherwise,
  };
}

function openSource(home: CairnHome, env: NodeJS.ProcessEnv): Promise<SettingSource<SettingKey>> {
  return SettingSource.open(env, home.configFile, KEYS);
}
