import type { Reader } from '@platformatic/kafka';

/**
 * An answer of many small fields as one contiguous buffer, read without an object for each field. Lengths come from the
 * network: what goes beyond the answer's end throws a RangeError, as the library's reader does.
 */
export interface AnswerBytes {
  readonly bytes: Buffer;
  position: number;
}

export function answerBytes(reader: Reader): AnswerBytes {
  return { bytes: reader.buffer.slice(reader.position, reader.length), position: 0 };
}

export function readByte(answer: AnswerBytes): number {
  return answer.bytes[skipped(answer, 1)] as number;
}

export function readInt16(answer: AnswerBytes): number {
  return answer.bytes.readInt16BE(skipped(answer, 2));
}

const varintBytesMax = 5;

/** An unsigned varint (KIP-482), seven bits a byte, lowest first. */
export function readUnsignedVarint(answer: AnswerBytes): number {
  let value = 0;
  for (let index = 0; index < varintBytesMax; index += 1) {
    const byte = readByte(answer);
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return value;
  }
  throw new RangeError(`a varint of more than ${varintBytesMax} bytes`);
}

/** A compact string; null for null. */
export function readText(answer: AnswerBytes): string | null {
  const length = readUnsignedVarint(answer) - 1;
  if (length < 0) return null;
  const start = skipped(answer, length);
  return answer.bytes.toString('utf8', start, answer.position);
}

export function skipText(answer: AnswerBytes): void {
  const length = readUnsignedVarint(answer) - 1;
  if (length > 0) skipped(answer, length);
}

/** Tagged fields that we do not know. */
export function skipTags(answer: AnswerBytes): void {
  for (let left = readUnsignedVarint(answer); left > 0; left -= 1) {
    readUnsignedVarint(answer);
    skipped(answer, readUnsignedVarint(answer));
  }
}

/** Moves on by `byteCount`, and answers where it was. */
export function skipped(answer: AnswerBytes, byteCount: number): number {
  const start = answer.position;
  if (byteCount > answer.bytes.length - start) {
    throw new RangeError(`a length of ${byteCount} where ${answer.bytes.length - start} bytes are left`);
  }
  answer.position = start + byteCount;
  return start;
}
