/** The kinds of values that flags, the environment and the configuration file take. */
import { isListenAddress, isPeerAddress } from '../api/peer-address.ts';
import type { MiningMode } from '../api/shapes.ts';
import { parseHash } from '../core/hash.ts';
import { KERNEL_NAMES, type KernelName } from '../mining/kernel-name.ts';
import type { ProbeTarget } from '../probe/probe-client.ts';

export interface ValueKind<Value> {
  /** Undefined where `text` is none. */
  parse(text: string): Value | undefined;
  /** What it must be: goes on from "must be". */
  readonly expected: string;
}

export const PORT = integerKind(1, 65_535, 'a port from 1 to 65535');
/** A port to listen at, where 0 asks for any free one. */
export const LISTEN_PORT = integerKind(0, 65_535, 'a port from 0 to 65535, 0 for any free one');
/** Parts of a hundred, of which there is at least one. */
export const PERCENT = integerKind(1, 100, 'a whole number from 1 to 100');
export const HEIGHT = integerKind(0, 4_294_967_295, 'a height, from 0 to 4294967295');
export const ENTRY_ID: ValueKind<string> = {
  parse: (text) => parseHash(text),
  expected: 'the 64 hex digits of an id',
};
export const NODE_COUNT = integerKind(1, 16, 'a whole number from 1 to 16');

export const MINING_MODE = choiceKind<MiningMode>(['demand', 'entries', 'always']);

/** A kernel, or the choice among them. */
export const MINING_KERNEL = choiceKind<KernelName | 'auto'>(['auto', ...KERNEL_NAMES]);

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export const LOG_LEVEL = choiceKind<LogLevel>(['debug', 'info', 'warn', 'error']);

export const PEER_ADDRESS: ValueKind<string> = {
  parse: (text) => (isPeerAddress(text) ? text : undefined),
  expected: 'a multiaddress such as /ip4/192.0.2.7/tcp/4001',
};

export const LISTEN_ADDRESS: ValueKind<string> = {
  parse: (text) => (isListenAddress(text) ? text : undefined),
  expected: 'a multiaddress such as /ip4/0.0.0.0/tcp/4001',
};

export const TEXT: ValueKind<string> = {
  parse: (text) => (text === '' ? undefined : text),
  expected: 'a text that is not empty',
};

export const NODE_ADDRESS: ValueKind<ProbeTarget> = {
  parse(text) {
    const [, bracketed, plain, portText = ''] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):([0-9]+)$/.exec(text) ?? [];
    const host = bracketed ?? plain;
    const port = PORT.parse(portText);
    return host === undefined || port === undefined ? undefined : { host, port };
  },
  expected: 'host:port of a probe socket, such as 10.0.0.5:5001',
};

function integerKind(min: number, max: number, expected: string): ValueKind<number> {
  return {
    parse(text) {
      const value = /^(0|[1-9][0-9]{0,8})$/.test(text) ? Number(text) : -1;
      return value >= min && value <= max ? value : undefined;
    },
    expected,
  };
}

function choiceKind<Choice extends string>(choices: readonly Choice[]): ValueKind<Choice> {
  return {
    parse: (text) => choices.find((choice) => choice === text),
    expected: `one of ${choices.join(', ')}`,
  };
}
