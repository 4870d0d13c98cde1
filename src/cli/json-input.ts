/** One JSON value from a command line, a file or stdin. It is passed on as text: nothing is lost on the way. */
import { createReadStream } from 'node:fs';
import { canonicalizeBytes } from '../core/canonical-json.ts';
import { describeJsonFault } from '../core/json-fault.ts';
import { withoutByteOrderMark } from './byte-order-mark.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';

/** The canonical bytes of `text`. */
export function readJsonText(text: string, name: string): Uint8Array {
  return readJson(Buffer.from(text, 'utf8'), name);
}

export function readJsonFile(path: string): Promise<Uint8Array> {
  return readJsonStream(createReadStream(path), path);
}

/** A byte order mark before the value is left out. */
export async function readJsonStream(source: AsyncIterable<Uint8Array>, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of source) {
    sizeBytes += chunk.length;
    if (sizeBytes > JSON_BYTES_MAX) {
      const message = `${name}: it is over ${JSON_BYTES_MAX} bytes, more than a block holds; append it in parts.`;
      throw new CommandError(EXIT_CODES.refused, 'body-too-large', message);
    }
    chunks.push(chunk);
  }
  return readJson(withoutByteOrderMark(Buffer.concat(chunks)), name);
}

function readJson(bytes: Uint8Array, name: string): Uint8Array {
  const canonical = canonicalizeBytes(bytes, { depthMax: DEPTH_MAX });
  if (canonical.ok) return canonical.value;
  const message = `${name}: ${describeJsonFault(canonical.fault)} (${canonical.fault.code})`;
  throw new CommandError(EXIT_CODES.refused, canonical.fault.code, message);
}

/** A block's data has 1 MiB of canonical JSON; other spellings are longer. */
const JSON_BYTES_MAX = 8_388_608;
const DEPTH_MAX = 32;
