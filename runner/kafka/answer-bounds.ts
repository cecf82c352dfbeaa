import type { Reader } from '@platformatic/kafka';

/**
 * Lengths in an answer come from the network. The reader throws where a read goes beyond the answer's end, so every loop
 * over entries ends when the bytes do; what only skips must be checked here. Throws a RangeError, which becomes a
 * ClusterFault (KP3011) where answers are received.
 */
export function checkedSkip(reader: Reader, byteCount: number): void {
  if (byteCount < 0 || byteCount > reader.remaining) {
    throw new RangeError(`a length of ${byteCount} where ${reader.remaining} bytes are left`);
  }
  reader.skip(byteCount);
}

/** Tagged fields (KIP-482) that we do not know, skipped. */
export function skipTaggedFields(reader: Reader): void {
  for (let left = reader.readUnsignedVarInt(); left > 0; left -= 1) {
    reader.readUnsignedVarInt();
    checkedSkip(reader, reader.readUnsignedVarInt());
  }
}

/** A compact array (length + 1, 0 for null): its entries read one by one, each with its tagged fields. */
export function compactArray<T>(reader: Reader, entry: () => T): T[] {
  const entries: T[] = [];
  for (let left = reader.readUnsignedVarInt() - 1; left > 0; left -= 1) {
    entries.push(entry());
    skipTaggedFields(reader);
  }
  return entries;
}

/** A compact string; null for null. */
export function compactString(reader: Reader): string | null {
  const byteCount = reader.readUnsignedVarInt() - 1;
  if (byteCount < 0) return null;
  const start = reader.position;
  checkedSkip(reader, byteCount);
  return reader.buffer.toString('utf8', start, start + byteCount);
}

/** An answer is read to its end: bytes left over mean that it was misread. */
export function expectEnd(reader: Reader): void {
  if (reader.remaining !== 0) throw new RangeError(`${reader.remaining} bytes are left after the answer`);
}
