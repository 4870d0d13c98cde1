/** Inputs and effects as text, for comparing: equal text, equal meaning, byte for byte. */

export function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`;
    if (part instanceof Uint8Array || part instanceof Uint32Array)
      return `bytes:${Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('hex')}`;
    return part;
  });
}
