/** The kinds of values that flags, the environment and the configuration file take. */
import { parsePointer } from '../api/json-pointer.ts';
import { isListenAddress, isPeerAddress } from '../api/peer-address.ts';
import type { MiningMode } from '../api/shapes.ts';
import { parseHash } from '../core/hash.ts';
import { KERNEL_NAMES, type KernelName } from '../mining/kernel-name.ts';
import type { ProbeTarget } from '../probe/probe-client.ts';
import { isKeyName } from './key-name.ts';

export interface ValueKind<Value> {
  /** Undefined where `text` is none. */
  parse(text: string): Value | undefined;
  /** What it must be: goes on from "must be". */
  readonly expected: string;
  /** What a JSON Schema can say of it, where that is more than that it is a text. */
  readonly schema?: Readonly<Record<string, unknown>>;
}

export const PORT = integerKind(1, 65_535, 'a port from 1 to 65535');
/** A port to listen at, where 0 asks for any free one. */
export const LISTEN_PORT = integerKind(0, 65_535, 'a port from 0 to 65535, 0 for any free one');
/** Parts of a hundred, of which there is at least one. */
export const PERCENT = integerKind(1, 100, 'a whole number from 1 to 100');
export const HEIGHT = integerKind(0, 4_294_967_295, 'a height, from 0 to 4294967295');
/** Blocks on top of another. */
export const DEPTH = integerKind(0, 4_294_967_295, 'a number of blocks, from 0 to 4294967295');
export const ENTRY_ID: ValueKind<string> = {
  parse: (text) => parseHash(text),
  expected: 'the 64 hex digits of an id, in lower case',
};
export const KEY_NAME: ValueKind<string> = {
  parse: (text) => (isKeyName(text) ? text : undefined),
  expected: '1 to 64 lower-case letters, digits, - and _, a letter or digit first',
};
export const NODE_COUNT = integerKind(1, 16, 'a whole number from 1 to 16');

export const MINING_MODE = choiceKind<MiningMode>(['demand', 'entries', 'always']);

/** A kernel, or the choice among them. */
export const MINING_KERNEL = choiceKind<KernelName | 'auto'>(['auto', ...KERNEL_NAMES]);

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export const LOG_LEVEL = choiceKind<LogLevel>(['debug', 'info', 'warn', 'error']);

/** Yes or no. In JSON a boolean. */
export const SWITCH: ValueKind<boolean> = {
  parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  expected: 'true or false',
  schema: { type: 'boolean' },
};

/** Records that are asked for. */
export const RECORD_COUNT = integerKind(1, 999_999_999, 'a whole number from 1 to 999999999');

/** A member of an entry, by RFC 6901. */
export const FIELD: ValueKind<string> = {
  parse: (text) => (text !== '' && parsePointer(text) !== undefined ? text : undefined),
  expected: 'a JSON Pointer to a field of an entry, such as /order/total',
  schema: { type: 'string', pattern: '^/' },
};

export const PEER_ADDRESS: ValueKind<string> = {
  parse: (text) => (isPeerAddress(text) ? text : undefined),
  expected: 'a multiaddress such as /ip4/192.0.2.7/tcp/4001',
  schema: { type: 'string', pattern: '^/' },
};

export const LISTEN_ADDRESS: ValueKind<string> = {
  parse: (text) => (isListenAddress(text) ? text : undefined),
  expected: 'a multiaddress such as /ip4/0.0.0.0/tcp/4001',
  schema: { type: 'string', pattern: '^/' },
};

export const TEXT: ValueKind<string> = {
  parse: (text) => (text === '' ? undefined : text),
  expected: 'a text that is not empty',
};

/** Between the fields of CSV. */
export const SEPARATOR: ValueKind<string> = {
  parse: (text) => (text === '\\t' ? '\t' : /^[^"\r\n]$/u.test(text) ? text : undefined),
  expected: 'one character, no quote; \\t for a tab',
};

export const NODE_ADDRESS: ValueKind<ProbeTarget> = {
  parse(text) {
    const [, bracketed, plain, portText = ''] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):([0-9]+)$/.exec(text) ?? [];
    const host = bracketed ?? plain;
    const port = PORT.parse(portText);
    return host === undefined || port === undefined ? undefined : { host, port };
  },
  expected: 'host:port of a probe socket, such as 10.0.0.5:5001',
  schema: { type: 'string', pattern: ':[0-9]+$' },
};

function integerKind(min: number, max: number, expected: string): ValueKind<number> {
  return {
    parse(text) {
      const value = /^(0|[1-9][0-9]{0,8})$/.test(text) ? Number(text) : -1;
      return value >= min && value <= max ? value : undefined;
    },
    expected,
    schema: { type: 'integer', minimum: min, maximum: max },
  };
}

function choiceKind<Choice extends string>(choices: readonly Choice[]): ValueKind<Choice> {
  return {
    parse: (text) => choices.find((choice) => choice === text),
    expected: `one of ${choices.join(', ')}`,
    schema: { enum: choices },
  };
}
