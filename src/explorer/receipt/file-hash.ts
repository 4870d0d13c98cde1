/** The hash of a file that somebody has chosen: read as a stream, whatever its size, and sent nowhere. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '#host';

/** SHA-256 of the content, as 64 lower-case hex digits. `onRead` hears how many bytes were read so far. */
export async function hashFile(file: Blob, onRead: (readBytes: number) => void): Promise<string> {
  const hash = sha256.create();
  // Not by `for await`: not every browser can go through a stream so.
  const reader = file.stream().getReader();
  let readBytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return bytesToHex(hash.digest());
    hash.update(value);
    readBytes += value.length;
    onRead(readBytes);
  }
}
