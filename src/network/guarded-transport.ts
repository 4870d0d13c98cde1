/**
 * A transport of libp2p that hangs up on strangers who do not begin as libp2p does, before libp2p has read what they say
 * (preface-guard.ts).
 */
import type { MultiaddrConnection, Transport } from '@libp2p/interface';
import { assert } from '../core/assert.ts';
import { PrefaceGuard } from './preface-guard.ts';
import { tappedUpgrader } from './tapped-upgrader.ts';

/** The transports that `createTransport` makes, with a guard on each inbound connection until its encryption begins. */
export function guardedTransport<Components>(
  createTransport: (components: Components) => Transport,
): (components: Components) => Transport {
  return (components) => {
    const transport = createTransport(components);
    const createListener = transport.createListener.bind(transport);
    transport.createListener = (options) => {
      const { upgrader } = options;
      const inbound = (connection: MultiaddrConnection) =>
        guardPreface(connection, new PrefaceGuard(upgrader.getConnectionEncrypters().keys()));
      return createListener({ ...options, upgrader: tappedUpgrader(upgrader, { inbound }) });
    };
    return transport;
  };
}

/**
 * Stands where the socket hands its bytes to the connection, since a second listener to the connection's messages would
 * make libp2p deliver them while nobody else listens yet. Steps aside when the preface is over.
 */
function guardPreface(connection: MultiaddrConnection, guard: PrefaceGuard): void {
  assert(takesData(connection), 'the sockets of libp2p hand what they receive to `onData`');
  const onData = connection.onData.bind(connection);
  connection.onData = (bytes) => {
    // A socket takes some turns to close, or waits for the other side to.
    if (connection.status !== 'open') return;
    const state = guard.read(bytes);
    if (!state.ok) {
      connection.abort(new Error(`no way to begin a connection: ${state.fault.code}`, { cause: state.fault }));
      return;
    }
    if (state.value === 'over') connection.onData = onData;
    onData(bytes);
  };
}

interface DataTaker {
  onData(bytes: Uint8Array): void;
}

function takesData(connection: MultiaddrConnection): connection is MultiaddrConnection & DataTaker {
  return 'onData' in connection && typeof connection.onData === 'function';
}
