/** How asking a node goes wrong. */
import type { RpcError } from '../api/rpc.ts';

export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
}

export type ProbeErrorCode = 'node-unreachable' | 'node-closed' | 'probe-timeout' | 'probe-protocol';

/** No answer came. The message names the node and says what to do. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError';
  readonly code: ProbeErrorCode;

  /** `detail` is a clause about what happened this time. */
  constructor(code: ProbeErrorCode, target: ProbeTarget, options: { detail?: string; cause?: unknown } = {}) {
    const { detail, cause } = options;
    const place = target.host.includes(':') ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`;
    super(`${place}: ${WHAT[code]}${detail === undefined ? '' : ` (${detail})`}; ${REMEDIES[code]}`, { cause });
    this.code = code;
  }
}

/** The node answered that it does not do what was asked. */
export class RpcCallError extends Error {
  override readonly name = 'RpcCallError';
  readonly rpc: RpcError;

  constructor(rpc: RpcError) {
    super(rpc.message);
    this.rpc = rpc;
  }
}

const WHAT: Readonly<Record<ProbeErrorCode, string>> = {
  'node-unreachable': 'no node can be reached here',
  'node-closed': 'the connection to the node ended before its answer',
  'probe-timeout': 'the node did not answer in time',
  'probe-protocol': 'what listens here does not answer as a node does',
};

const REMEDIES: Readonly<Record<ProbeErrorCode, string>> = {
  'node-unreachable': 'start it, or check host and port',
  'node-closed': 'see whether it still runs, and ask again',
  'probe-timeout': 'ask again, or give it more time',
  'probe-protocol': 'check the port, and that both sides are of one version',
};
