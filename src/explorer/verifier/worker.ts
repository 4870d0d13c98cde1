/** Where the worker begins: what the page orders goes to the verification, what comes of it goes back. */
import { createBrowserNetwork } from '../../network/browser-network.ts';
import { FULL_PEERS_MAX } from '../../protocol/light-limits.ts';
import { PEER_MESSAGE_BYTES_MAX } from '../../protocol/limits.ts';
import { Verification } from './verification.ts';
import type { FromWorker, ShownThing, ToWorker } from './worker-message.ts';

declare const self: {
  postMessage(message: FromWorker): void;
  addEventListener(type: 'message', listener: (event: { readonly data: ToWorker }) => void): void;
};

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
      return verification === undefined ? undefined : prove(verification, data.request, data.thing);
  }
});

/** A mistake of ours leaves the question without a verdict, and shows in the page as an error of the worker. */
function prove(verification: Verification, request: number, thing: ShownThing): void {
  verification.prove(thing).then(
    (verdicts) => self.postMessage({ type: 'proved', request, verdicts }),
    (error) => {
      self.postMessage({ type: 'proved', request, verdicts: [] });
      reportError(error);
    },
  );
}

const rounds: (() => void)[] = [];
const channel = new MessageChannel();
channel.port1.onmessage = () => rounds.shift()?.();

/** Timers wait at least 4 ms once they are nested; a message to oneself comes in the next turn. */
function nextRound(round: () => void): void {
  rounds.push(round);
  channel.port2.postMessage(undefined);
}
