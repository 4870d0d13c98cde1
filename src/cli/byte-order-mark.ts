/** The byte order mark of UTF-8, with which some programs begin what they write: it says nothing, and belongs to no content. */

/** The bytes behind the mark, where `bytes` begin with one. A view. */
export function withoutByteOrderMark(bytes: Uint8Array): Uint8Array {
  return BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte) ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
