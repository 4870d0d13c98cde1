/** Where the worker begins: what the page orders goes to the verification, what comes of it goes back. */
import { createBrowserNetwork } from '../../network/browser-network.ts';
import { FULL_PEERS_MAX } from '../../protocol/light-limits.ts';
import { PEER_MESSAGE_BYTES_MAX } from '../../protocol/limits.ts';
import { Verification } from './verification.ts';
import type { FromWorker, ToWorker } from './worker-message.ts';

declare const self: {
  postMessage(message: FromWorker): void;
  addEventListener(type: 'message', listener: (event: { readonly data: ToWorker }) => void): void;
  addEventListener(type: 'unhandledrejection', listener: (event: { readonly reason: unknown }) => void): void;
};

// A mistake of ours ends in the page's `error` event, wherever it happens; of a promise the page would hear nothing.
self.addEventListener('unhandledrejection', ({ reason }) => reportError(reason));

let verification: Verification | undefined;

self.addEventListener('message', ({ data }) => {
  switch (data.type) {
    case 'start':
      verification = new Verification({
        origin: data.origin,
        remembered: data.remembered,
        createNetwork: (params, genesisHash) =>
          createBrowserNetwork({
            genesisHash,
            networkName: params.name,
            messageBytesMax: PEER_MESSAGE_BYTES_MAX,
            peersMax: FULL_PEERS_MAX,
            nextRound,
          }),
        changed: (status) => self.postMessage({ type: 'status', status }),
      });
      return verification.start();
    case 'shown':
      return verification?.noteShown(data.tips);
    case 'prove':
      void verification?.prove(data.thing).then((verdicts) => {
        self.postMessage({ type: 'proved', request: data.request, verdicts });
      });
      return;
  }
});

const rounds: (() => void)[] = [];
const channel = new MessageChannel();
channel.port1.onmessage = () => rounds.shift()?.();

/** Timers wait at least 4 ms once they are nested; a message to oneself comes in the next turn. */
function nextRound(round: () => void): void {
  rounds.push(round);
  channel.port2.postMessage(undefined);
}
