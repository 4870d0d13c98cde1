/**
 * JSON-RPC 2.0 as text: what stands in the frames between a node and those who ask it (docs/spec/wire.md#json-rpc).
 *
 * Results and parameters are never parsed into values here, so no key of ledger JSON is lost or moved. Batches are not
 * spoken: an array is a candidate chain.
 */
import { RPC_ERROR_CODES, RPC_METHODS, type RpcError, type RpcMethod } from '../api/rpc.ts';
import { describeJsonFault } from '../core/json-fault.ts';
import { JsonMembers, type JsonText, type JsonTextFault, readMembers } from '../core/json-text.ts';
import { stringEnd } from '../core/json-tokens.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { REQUEST_ID_LENGTH_MAX, RPC_DEPTH_MAX } from './probe-limits.ts';

export interface RpcRequest {
  /** As the sender spelt it; undefined where no answer is wanted. */
  readonly id: string | undefined;
  readonly method: RpcMethod;
  readonly params: JsonMembers;
}

/** Why a request is not carried out. */
export type RequestFault =
  | { readonly code: 'json-syntax' }
  /** With the id to answer to; undefined where no answer is wanted. */
  | { readonly code: 'refused'; readonly id: string | undefined; readonly error: RpcError };

/** What a node sends: an answer to request `id` (null: it could not say which), or a notification. */
export type RpcReply =
  | { readonly type: 'result'; readonly id: number | null; readonly result: JsonText }
  | { readonly type: 'error'; readonly id: number | null; readonly error: RpcError }
  | { readonly type: 'notification'; readonly method: string; readonly params: JsonText };

/** The id of answers to what cannot be told from its request. */
export const NO_ID = 'null';

/** The request that `text` stands for, which begins with a brace. */
export function parseRequest(text: string): Result<RpcRequest, RequestFault> {
  // A call of `append` is long: the parameters and the entries in one of them are found in the same reading.
  const members = readMembers(text, { depthMax: RPC_DEPTH_MAX, levelsNoted: 2 });
  if (!members.ok) {
    const { fault } = members;
    return fault.code === 'json-syntax' ? fail({ code: 'json-syntax' }) : refuse(NO_ID, refusedJson(fault));
  }
  const { value: request } = members;
  const idText = request.get('id');
  if (idText !== undefined && !isRequestId(idText)) {
    const reason = `its "id" is not a string, a number or null of at most ${REQUEST_ID_LENGTH_MAX} characters`;
    return refuse(NO_ID, invalidRequest(reason));
  }
  const method = parseString(request.get('method'));
  if (parseString(request.get('jsonrpc')) !== '2.0' || method === undefined) {
    const reason = 'it lacks "jsonrpc": "2.0", or a "method" that is a string';
    return refuse(idText ?? NO_ID, invalidRequest(reason));
  }
  if (!isRpcMethod(method)) return refuse(idText, unknownMethod(method));
  const params = request.membersOf('params');
  if (params === undefined) return ok({ id: idText, method, params: new JsonMembers() });
  if (!params.ok) return refuse(idText, invalidParams());
  return ok({ id: idText, method, params: params.value });
}

/** What `text`, a message from a node, says; undefined where it is no JSON-RPC. */
export function parseReply(text: string): RpcReply | undefined {
  const members = readMembers(text, { depthMax: RPC_DEPTH_MAX });
  if (!members.ok) return undefined;
  const { value: reply } = members;
  const method = parseString(reply.get('method'));
  const params = reply.get('params');
  if (method !== undefined) return params === undefined ? undefined : { type: 'notification', method, params };
  const id: unknown = JSON.parse(reply.get('id') ?? NO_ID);
  if (typeof id !== 'number' && id !== null) return undefined;
  const result = reply.get('result');
  if (result !== undefined) return { type: 'result', id, result };
  const error = parseError(reply.get('error'));
  return error === undefined ? undefined : { type: 'error', id, error };
}

export function requestText(id: number, method: RpcMethod, params: JsonText | undefined): string {
  const paramsMember = params === undefined ? '' : `,"params":${params}`;
  return `{"id":${id},"jsonrpc":"2.0","method":${JSON.stringify(method)}${paramsMember}}`;
}

/** What comes before the result in its answer; `RESULT_SUFFIX` comes behind it. A client may count on the spelling. */
export function resultPrefix(id: string): string {
  return `{"id":${id},"jsonrpc":"2.0","result":`;
}

export const RESULT_SUFFIX = '}';

export function errorText(id: string, error: RpcError): string {
  const { code, data, message } = error;
  return `{"error":${JSON.stringify({ code, data, message })},"id":${id},"jsonrpc":"2.0"}`;
}

export function notificationText(method: string, params: string): string {
  return `{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":${params}}`;
}

/** Whether `text`, well-formed JSON, has more than `depthMax` containers inside each other. */
export function nestsDeeper(text: JsonText, depthMax: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = stringEnd(text, i);
      // No string after all: the node finds out, too.
      if (end < 0) return false;
      i = end - 1;
    } else if (code === OBJECT_OPEN || code === ARRAY_OPEN) {
      depth++;
      if (depth > depthMax) return true;
    } else if (code === OBJECT_CLOSE || code === ARRAY_CLOSE) {
      depth--;
    }
  }
  return false;
}

/** A fault for which JSON-RPC has no number of its own. */
export function applicationError(code: string, message: string, facts?: Readonly<Record<string, unknown>>): RpcError {
  return { code: RPC_ERROR_CODES.application, message, data: { ...facts, code } };
}

/** What is said about a failure of ours: nothing of its inside. */
export function internalError(): RpcError {
  const message = 'The node failed to carry this out; its log says why.';
  return { code: RPC_ERROR_CODES.internal, message, data: { code: 'internal' } };
}

function refuse(id: string | undefined, error: RpcError): Result<never, RequestFault> {
  return fail({ code: 'refused', id, error });
}

function refusedJson(fault: JsonTextFault): RpcError {
  return { code: RPC_ERROR_CODES.invalidRequest, message: describeJsonFault(fault), data: { ...fault } };
}

function invalidRequest(reason: string): RpcError {
  const message = `This is no JSON-RPC 2.0 request: ${reason}.`;
  return { code: RPC_ERROR_CODES.invalidRequest, message, data: { code: 'request-invalid' } };
}

function unknownMethod(method: string): RpcError {
  const methods = Object.keys(RPC_METHODS);
  const message = `There is no method of this name: use one of ${methods.join(', ')}.`;
  const data = { code: 'method-unknown', method: method.slice(0, METHOD_ECHO_LENGTH_MAX), methods };
  return { code: RPC_ERROR_CODES.methodUnknown, message, data };
}

function invalidParams(): RpcError {
  const message = 'Parameters are named: "params" must be an object in which every name stands once, or be left out.';
  return { code: RPC_ERROR_CODES.invalidParams, message, data: { code: 'params-invalid' } };
}

function isRequestId(text: string): boolean {
  if (text.length > REQUEST_ID_LENGTH_MAX) return false;
  const id: unknown = JSON.parse(text);
  return typeof id === 'string' || typeof id === 'number' || id === null;
}

function isRpcMethod(name: string): name is RpcMethod {
  return Object.hasOwn(RPC_METHODS, name);
}

function parseString(text: string | undefined): string | undefined {
  if (text === undefined || text[0] !== '"') return undefined;
  const value: unknown = JSON.parse(text);
  return typeof value === 'string' ? value : undefined;
}

function parseError(text: string | undefined): RpcError | undefined {
  if (text === undefined) return undefined;
  const error: unknown = JSON.parse(text);
  if (!isRecord(error)) return undefined;
  const { code, message, data } = error;
  if (typeof code !== 'number' || typeof message !== 'string' || !isRecord(data)) return undefined;
  const { code: dataCode } = data;
  return typeof dataCode === 'string' ? { code, message, data: { ...data, code: dataCode } } : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const METHOD_ECHO_LENGTH_MAX = 64;
const QUOTE = 0x22;
const ARRAY_OPEN = 0x5b;
const ARRAY_CLOSE = 0x5d;
const OBJECT_OPEN = 0x7b;
const OBJECT_CLOSE = 0x7d;
