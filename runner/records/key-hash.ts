import { crc32 } from 'node:zlib';
import type { KeyHash } from '../../src/migration/migration.ts';

/** Of a key that is there, an empty one too; from 0 to 2^32 - 1, so that the remainder is a partition. */
const hashes: Readonly<Record<KeyHash, (key: Buffer) => number>> = {
  // `BuiltInPartitioner.partitionForKey`: the sign bit is cut off, not the absolute value taken.
  murmur2: (key) => murmur2(key) & 0x7fffffff,
  // `rd_kafka_msg_partitioner_consistent`: the remainder of an unsigned number.
  crc32: (key) => crc32(key),
  fnv1a,
};

/** The partition, of so many, into which a client that hashes in this way writes records of the key. */
export function partitionOfKey(hash: KeyHash, key: Buffer, partitions: number): number {
  return hashes[hash](key) % partitions;
}

const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

/** Kafka's `Utils.murmur2`, as a signed number: 32 bits, little-endian words. */
export function murmur2(key: Buffer): number {
  const { length } = key;
  const wholeWords = length & ~3;
  let hash = seed ^ length;
  for (let at = 0; at < wholeWords; at += 4) {
    const word = Math.imul(key.readInt32LE(at), multiplier);
    hash = Math.imul(hash, multiplier) ^ Math.imul(word ^ (word >>> 24), multiplier);
  }
  if (wholeWords < length) {
    for (let at = wholeWords; at < length; at += 1) hash ^= (key[at] ?? 0) << (8 * (at - wholeWords));
    hash = Math.imul(hash, multiplier);
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}

/** librdkafka's `rd_fnv1a`: the absolute value of the signed hash, as Sarama's `NewHashPartitioner` takes it. */
export function fnv1a(key: Buffer): number {
  let hash = 0x811c9dc5 | 0;
  for (const byte of key) hash = Math.imul(hash ^ byte, 0x01000193);
  return Math.abs(hash);
}
