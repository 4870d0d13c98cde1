/** One node's view of a network under test: what it was told, in order. */
import assert from 'node:assert/strict';
import type { ConnectedPeer, DisconnectReason, NetworkHandlers, PeerId, PeerNetwork } from './peer-network.ts';

/** A network with all that it told, and promises for what it is going to tell. */
export class Member implements NetworkHandlers {
  readonly network: PeerNetwork;
  readonly connected: ConnectedPeer[] = [];
  readonly disconnected: { readonly peer: PeerId; readonly reason: DisconnectReason }[] = [];
  readonly messages: { readonly peer: PeerId; readonly message: Uint8Array }[] = [];
  readonly discovered: string[] = [];
  /** What handling a message takes; replaced by tests that hold back. */
  handle: (message: Uint8Array) => void | Promise<void> = () => {};
  #changed = Promise.withResolvers<void>();

  constructor(network: PeerNetwork) {
    this.network = network;
  }

  get id(): PeerId {
    return this.network.localPeer;
  }

  get address(): string {
    const [address] = this.network.addresses();
    assert(address !== undefined, 'a started network has an address');
    return address;
  }

  get texts(): readonly string[] {
    return this.messages.map(({ message }) => Buffer.from(message).toString());
  }

  /** Waits until something that the network tells makes `condition` true. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.#changed.promise;
  }

  async untilConnected(count = 1): Promise<void> {
    await this.until(() => this.connected.length >= count);
  }

  async untilDisconnected(count = 1): Promise<DisconnectReason> {
    await this.until(() => this.disconnected.length >= count);
    const last = this.disconnected[count - 1];
    assert(last !== undefined);
    return last.reason;
  }

  sendText(peer: Member, text: string): void {
    this.network.send(peer.id, Buffer.from(text));
  }

  peerConnected(peer: ConnectedPeer): void {
    this.connected.push(peer);
    this.#tell();
  }

  messageReceived(peer: PeerId, message: Uint8Array): void | Promise<void> {
    const last = this.connected.findLast((one) => one.id === peer);
    assert(last !== undefined, 'a message comes from a peer that is connected');
    this.messages.push({ peer, message });
    this.#tell();
    return this.handle(message);
  }

  peerDisconnected(peer: PeerId, reason: DisconnectReason): void {
    this.disconnected.push({ peer, reason });
    this.#tell();
  }

  addressDiscovered(address: string): void {
    this.discovered.push(address);
    this.#tell();
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
