/** The place between a transport and libp2p: a raw connection can be prepared before libp2p looks at it. */
import type { MultiaddrConnection, Upgrader } from '@libp2p/interface';

export interface UpgraderTaps {
  readonly inbound?: (connection: MultiaddrConnection) => void;
  readonly outbound?: (connection: MultiaddrConnection) => void;
}

/** `upgrader`, except that each raw connection goes through its tap first. */
export function tappedUpgrader(upgrader: Upgrader, { inbound, outbound }: UpgraderTaps): Upgrader {
  return {
    getConnectionEncrypters: () => upgrader.getConnectionEncrypters(),
    getStreamMuxers: () => upgrader.getStreamMuxers(),
    createInboundAbortSignal: (signal) => upgrader.createInboundAbortSignal(signal),
    upgradeInbound: (connection, options) => {
      inbound?.(connection);
      return upgrader.upgradeInbound(connection, options);
    },
    upgradeOutbound: (connection, options) => {
      outbound?.(connection);
      return upgrader.upgradeOutbound(connection, options);
    },
  };
}
