import type { Mapping } from '../plan-file/plan-file.generated.ts';
import type { KeyHash } from './migration.ts';

const keyHashes = ['murmur2', 'crc32', 'fnv1a'] as const satisfies readonly KeyHash[];

/** How a mapping places records; undefined: each keeps its partition number. `by-key` alone means Kafka's own hash. */
export function keyHashOf({ partitioning = 'preserve' }: Pick<Mapping, 'partitioning'>): KeyHash | undefined {
  if (partitioning === 'preserve') return undefined;
  return partitioning === 'by-key' ? 'murmur2' : partitioning.byKey;
}

export function isKeyHash(value: unknown): value is KeyHash {
  return keyHashes.some((one) => one === value);
}
