/** Whoever is on a simulated network: a node, or a peer that is played. */
import type { Result } from '../core/result.ts';
import type { PeerId } from '../protocol/effects.ts';
import type { Message, MessageFault } from '../protocol/message.ts';

export interface Endpoint {
  readonly id: PeerId;
  /** Where it is dialled. */
  readonly address: string;
  /** Whether it takes connections. */
  readonly isUp: boolean;
  /** A connection is there; there is one at a time between two endpoints. */
  connected(peer: PeerId, address: string, direction: Direction): void;
  /** Something came over a connection: a message, or what is none. */
  heard(peer: PeerId, received: Received): void;
  /** A connection is over. Nothing more comes by it. */
  gone(peer: PeerId, reason: string): void;
}

export type Direction = 'inbound' | 'outbound';

export type Received = Result<Message, MessageFault>;

/** A message on its way. */
export interface Parcel {
  /** Without the frame. */
  readonly sizeBytes: number;
  open(): Received;
}

/** How messages travel. */
export type Carrier = (message: Message) => Parcel;

export type DialOutcome = { readonly ok: true; readonly peer: PeerId } | { readonly ok: false };
