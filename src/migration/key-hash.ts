import type { KeyHash } from './migration.ts';

const keyHashes = ['murmur2', 'crc32', 'fnv1a'] as const satisfies readonly KeyHash[];

export function isKeyHash(value: unknown): value is KeyHash {
  return keyHashes.some((one) => one === value);
}
