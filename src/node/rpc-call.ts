/** What every JSON-RPC method of a node has to do with: its parameters as they come, and its answer or refusal. */
import { RPC_ERROR_CODES, type RpcError } from '../api/rpc.ts';
import { type Hash, parseHash } from '../core/hash.ts';
import { type JsonMembers, type JsonText, jsonValue } from '../core/json-text.ts';
import type { RpcAnswer } from '../probe/probe-server.ts';

export type Params = JsonMembers;

/** Thrown by a method: a call that is answered with an error. */
export class Refusal extends Error {
  readonly rpc: RpcError;

  constructor(rpc: RpcError) {
    super(rpc.message);
    this.rpc = rpc;
  }
}

export function invalidParams(message: string): Refusal {
  return new Refusal({ code: RPC_ERROR_CODES.invalidParams, message, data: { code: 'params-invalid' } });
}

export function refused(code: string, message: string, facts: object = {}): Refusal {
  return new Refusal({ code: RPC_ERROR_CODES.application, message, data: { ...facts, code } });
}

export function result(json: JsonText): RpcAnswer {
  return { type: 'result', json };
}

export function plain(value: Parameters<typeof jsonValue>[0]): RpcAnswer {
  return result(jsonValue(value));
}

/** A whole number; undefined where it is left out. Throws a `Refusal` for anything else. */
export function readInteger(params: Params, name: string, range: { readonly max: number }): number | undefined {
  const text = params.get(name);
  if (text === undefined) return undefined;
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text) || Number(text) > range.max) {
    throw invalidParams(`\`${name}\` is not a whole number from 0 to ${range.max}`);
  }
  return Number(text);
}

/** Undefined where it is left out. Throws a `Refusal` for anything but `true` and `false`. */
export function readBoolean(params: Params, name: string): boolean | undefined {
  const value = params.plainOf(name);
  if (value === undefined || typeof value === 'boolean') return value;
  throw invalidParams(`\`${name}\` is neither true nor false`);
}

/** Undefined where it is no string. */
export function readString(params: Params, name: string): string | undefined {
  const value = params.plainOf(name);
  return typeof value === 'string' ? value : undefined;
}

/** Undefined where it is left out. Throws a `Refusal` for anything that is no hash. */
export function readHash(params: Params, name: string): Hash | undefined {
  const text = params.get(name);
  if (text === undefined) return undefined;
  const hash = parseHash(readString(params, name) ?? '');
  if (hash === undefined) throw invalidParams(`\`${name}\` is not 64 lower-case hex digits`);
  return hash;
}
