/**
 * Bytes that are no record batch v2, or one that contradicts itself. Whoever catches it knows the partition; the batch's
 * base offset and the reason make the rest of the message.
 */
export class CorruptBatchError extends Error {
  readonly baseOffset: bigint;
  readonly reason: string;

  constructor(baseOffset: bigint, reason: string) {
    super(`corrupt record batch at offset ${baseOffset}: ${reason}`);
    this.name = 'CorruptBatchError';
    this.baseOffset = baseOffset;
    this.reason = reason;
  }
}
