/** Messages as they travel in a simulated network: through the same codec as between real nodes. */
import { encodeMessage, type Message, parseMessage } from '../protocol/message.ts';
import type { Parcel } from './endpoint.ts';

/** Encodes `message`, and decodes it where it arrives. */
export function carryEncoded(message: Message): Parcel {
  const bytes = encodeMessage(message);
  return { sizeBytes: bytes.length, open: () => parseMessage(bytes) };
}
