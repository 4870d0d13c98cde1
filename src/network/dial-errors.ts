/** Why an address could not be dialled, for people. */
import { HANDSHAKE_TIMEOUT_MS, NetworkError } from './peer-network.ts';

/** Why `error` came of dialling `address` until `signal` ended it. */
export function dialError(address: string, signal: AbortSignal, error: unknown): NetworkError {
  if (signal.aborted) return dialTimeout(address, error);
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === 'InvalidPeerIdError') return dialledSelf(address);
  if (name === 'NoValidAddressesError' || name === 'InvalidMultiaddrError') return addressInvalid(address, error);
  return new NetworkError('dial-failed', `no connection to ${address}: ${message || name}`, error);
}

export function addressInvalid(address: string, cause?: unknown): NetworkError {
  const hint = "expected something like '/ip4/192.0.2.1/tcp/5101/p2p/12D3Koo…'";
  return new NetworkError('address-invalid', `'${address}' is not an address that can be dialled: ${hint}`, cause);
}

export function dialledSelf(address: string): NetworkError {
  return new NetworkError('dialled-self', `${address} is this node itself`);
}

export function dialTimeout(address: string, cause?: unknown): NetworkError {
  const seconds = HANDSHAKE_TIMEOUT_MS / 1000;
  return new NetworkError('dial-timeout', `the node at ${address} did not finish the handshake in ${seconds} s`, cause);
}
