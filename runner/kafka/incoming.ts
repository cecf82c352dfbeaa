import type { RecordBuffers } from '../records/record-buffers.ts';

/**
 * What came from a socket and is not read yet. Large byte fields do not pass through it: the socket reads straight into
 * the buffer where they stay.
 */
export interface Incoming {
  readonly bytes: Buffer;
  /** Unread bytes stand from here ... */
  position: number;
  /** ... to here. */
  end: number;
  /** Of the answer that is being read: bytes that are not read yet, come or not. */
  left: number;
  readonly buffers: RecordBuffers;
}

/** What a parser waits for: more bytes (`null`), or that this buffer is full but for its first `filled` bytes. */
export interface Fill {
  readonly into: Buffer;
  filled: number;
}

/** A parser of bytes that come in pieces: written as if all were there, it stands still where they are not. */
export type Parsing<R> = Generator<Fill | null, R, void>;

/** A read never takes more than this; fields that must stand together (strings, fixed fields) are shorter. */
export const incomingBytes = 65_536;

export function createIncoming(buffers: RecordBuffers): Incoming {
  return { bytes: Buffer.allocUnsafeSlow(incomingBytes), position: 0, end: 0, left: 0, buffers };
}

/** Gives the position of the next `byteCount` bytes of the answer, which stand together then, and counts them as read. */
export function* next(incoming: Incoming, byteCount: number): Parsing<number> {
  if (byteCount > incoming.left) throw tooLong(byteCount, incoming.left);
  while (incoming.end - incoming.position < byteCount) yield null;
  const at = incoming.position;
  incoming.position += byteCount;
  incoming.left -= byteCount;
  return at;
}

/** Reads into `into` until it is full. */
export function* fill(incoming: Incoming, into: Buffer): Parsing<void> {
  if (into.length > incoming.left) throw tooLong(into.length, incoming.left);
  const filled = incoming.bytes.copy(into, 0, incoming.position, incoming.end);
  incoming.position += filled;
  incoming.left -= into.length;
  if (filled < into.length) yield { into, filled };
}

/** Unsigned varint of a uint32 (Kafka's protocol guide, "Protocol Primitive Types"). */
export function* unsignedVarInt(incoming: Incoming): Parsing<number> {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = incoming.bytes[yield* next(incoming, 1)] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  throw new RangeError('a varint of more than 5 bytes');
}

/** Tagged fields (KIP-482): `known` may read one or the beginning of it; what it leaves is skipped. */
export function* taggedFields(incoming: Incoming, known: (tag: number) => Parsing<void> = noneIsKnown): Parsing<void> {
  for (let left = yield* unsignedVarInt(incoming); left > 0; left -= 1) {
    const tag = yield* unsignedVarInt(incoming);
    const byteCount = yield* unsignedVarInt(incoming);
    const end = incoming.left - byteCount;
    yield* known(tag);
    if (end > incoming.left) throw tooLong(end, incoming.left);
    yield* skip(incoming, incoming.left - end);
  }
}

function* noneIsKnown(): Parsing<void> {}

function* skip(incoming: Incoming, byteCount: number): Parsing<void> {
  for (let left = byteCount; left > 0; left -= incomingBytes) yield* next(incoming, Math.min(left, incomingBytes));
}

/** A compact array (length + 1, 0 for null): its entries one by one; `tags` reads what stands behind each. */
export function* compactArray<T>(
  incoming: Incoming,
  entry: () => Parsing<T>,
  tags: (incoming: Incoming) => Parsing<void> = taggedFields,
): Parsing<T[]> {
  const entries: T[] = [];
  for (let left = (yield* unsignedVarInt(incoming)) - 1; left > 0; left -= 1) {
    entries.push(yield* entry());
    yield* tags(incoming);
  }
  return entries;
}

/** A compact string; null for null. */
export function* compactString(incoming: Incoming): Parsing<string | null> {
  const byteCount = (yield* unsignedVarInt(incoming)) - 1;
  if (byteCount < 0) return null;
  if (byteCount > incomingBytes) throw tooLong(byteCount, incomingBytes);
  const at = yield* next(incoming, byteCount);
  return incoming.bytes.toString('utf8', at, at + byteCount);
}

/** An answer is read to its end: bytes left over mean that it was misread. */
export function expectEnd(incoming: Incoming): void {
  if (incoming.left !== 0) throw new RangeError(`${incoming.left} bytes are left after the answer`);
}

function tooLong(byteCount: number, left: number): RangeError {
  return new RangeError(`a length of ${byteCount} where ${left} bytes are left`);
}

/** Where a socket reads to, and what happens then (`onread` of Node's sockets). */
export interface Receiver {
  /** Never empty. */
  room(): Buffer;
  /** So many bytes stand in the room that was given last. Throws what the parser throws. */
  received(byteCount: number): void;
}

export function createReceiver(incoming: Incoming, parsing: Parsing<never>): Receiver {
  let wanted: Fill | null = null;
  let started = false;
  function resume(): void {
    wanted = parsing.next().value;
  }
  return {
    room() {
      if (!started) {
        started = true;
        resume();
      }
      if (wanted !== null) return wanted.into.subarray(wanted.filled);
      if (incoming.position > 0) {
        incoming.bytes.copyWithin(0, incoming.position, incoming.end);
        incoming.end -= incoming.position;
        incoming.position = 0;
      }
      return incoming.bytes.subarray(incoming.end);
    },
    received(byteCount) {
      if (wanted === null) incoming.end += byteCount;
      else wanted.filled += byteCount;
      if (wanted === null || wanted.filled === wanted.into.length) resume();
    },
  };
}
