/**
 * What is recorded of a file that is notarised (docs/spec/receipt.md#files): its hash and its size, never its content. Whoever
 * has the file and the receipt of such an entry sees when the file was there already, as it is.
 */
import { encodeUtf8 } from '#host';
import { entryText } from './entry-form.ts';
import { type Hash, parseHash } from './hash.ts';
import { jsonObject, jsonValue, readMembers } from './json-text.ts';

/** A file, as an entry names it. */
export interface FileEntry {
  /** SHA-256 of the content. */
  readonly sha256: Hash;
  readonly sizeBytes: number;
  /** What it was called, without folders; undefined where that was not to be told. */
  readonly name: string | undefined;
}

/** The canonical bytes of the entry for a file. */
export function encodeFileEntry({ sha256, sizeBytes, name }: FileEntry): Uint8Array {
  return encodeUtf8(
    jsonObject({
      // Half of a surrogate pair, which some file systems let into names, is no text.
      name: name === undefined ? undefined : jsonValue(name.toWellFormed()),
      sha256: jsonValue(sha256),
      size: jsonValue(sizeBytes),
      type: jsonValue(FILE_ENTRY_TYPE),
    }),
  );
}

/** The file that an entry names; undefined for an entry that is about something else. Further members are passed over. */
export function parseFileEntry(canonicalEntry: Uint8Array): FileEntry | undefined {
  const members = readMembers(entryText(canonicalEntry));
  if (!members.ok || members.value.get('type') !== jsonValue(FILE_ENTRY_TYPE)) return undefined;
  const [hex, sizeBytes, name] = ['sha256', 'size', 'name'].map((key) => members.value.plainOf(key));
  const sha256 = typeof hex === 'string' ? parseHash(hex) : undefined;
  if (sha256 === undefined || typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    return undefined;
  }
  if (name !== undefined && typeof name !== 'string') return undefined;
  return { sha256, sizeBytes, name };
}

const FILE_ENTRY_TYPE = 'cairn/file/1';
