/** Bytes to be read by people: place, hexadecimal and ASCII, as `xxd` writes them. */

/** The first `rowsMax` rows of `perRow` bytes each, as lines of text. */
export function hexDump(bytes: Uint8Array, options: { readonly perRow: number; readonly rowsMax: number }): string {
  const { perRow, rowsMax } = options;
  const lines: string[] = [];
  const end = Math.min(bytes.length, perRow * rowsMax);
  for (let start = 0; start < end; start += perRow) {
    const row = [...bytes.subarray(start, Math.min(end, start + perRow))];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${start.toString(16).padStart(5, '0')}  ${hex.padEnd(3 * perRow - 1)}  ${text}`);
  }
  return lines.join('\n');
}
