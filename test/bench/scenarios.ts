/** What the source topic of a bench holds. */
export interface Scenario {
  readonly name: string;
  readonly topic: string;
  readonly partitions: number;
  readonly records: number;
  readonly codec: 'none' | 'zstd';
  /** The producer's batch.size; 1 makes a batch of every record. */
  readonly batchBytes: number;
  /** The producer's linger.ms. */
  readonly lingerMs: number;
}

const millions = 1_000_000;
const recordsMin = 10_000;

/** `scale` shrinks the number of records: 1 for figures, less for a look. */
export function mirrorScenarios(scale: number) {
  const of = (records: number) => Math.max(recordsMin, Math.round(records * scale));
  return {
    compressed: {
      name: 'large compressed batches (zstd)',
      topic: 'bench-zstd',
      partitions: 4,
      records: of(5 * millions),
      codec: 'zstd',
      batchBytes: 524_288,
      lingerMs: 50,
    },
    uncompressed: {
      name: 'large uncompressed batches',
      topic: 'bench-plain',
      partitions: 4,
      records: of(2.5 * millions),
      codec: 'none',
      batchBytes: 524_288,
      lingerMs: 50,
    },
    'one-record': {
      name: 'one-record batches',
      topic: 'bench-single',
      partitions: 4,
      records: of(0.8 * millions),
      codec: 'none',
      batchBytes: 1,
      lingerMs: 0,
    },
    partitions: {
      name: '1,000 partitions',
      topic: 'bench-many',
      partitions: 1_000,
      records: of(2 * millions),
      codec: 'none',
      batchBytes: 16_384,
      lingerMs: 200,
    },
  } as const satisfies Record<string, Scenario>;
}

/** Written while it is mirrored: about a tenth of what MirrorMaker 2 moves of such records on two cores. */
export const latencyLoad = {
  topic: 'bench-latency',
  partitions: 4,
  codec: 'none',
  batchBytes: 16_384,
  lingerMs: 5,
  recordsPerSecond: 15_000,
} as const;

/** Of many partitions few have records. Written while it is mirrored. */
export const quietLoad = {
  topic: 'bench-quiet',
  partitions: 2_000,
  codec: 'none',
  batchBytes: 1,
  lingerMs: 0,
  recordsPerSecond: 50,
} as const;

/** Copied by Kafka's own replication. */
export function replicationScenario(scale: number): Scenario {
  return { ...mirrorScenarios(scale).uncompressed, name: 'replication', topic: 'bench-replication' };
}

/** Lines of about 450 bytes, as services log them: some of it repeats, some of it does not. */
export function payloadLines(count: number, seed: number): string[] {
  let state = seed;
  const next = (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % limit;
  };
  const word = () => next(2 ** 31).toString(36);
  return Array.from({ length: count }, (_, n) => {
    const lines = Array.from({ length: 6 }, () => ({ sku: word(), quantity: 1 + next(9), price: next(100_000) / 100 }));
    return JSON.stringify({ order: n, customer: word(), state: 'placed', trace: word() + word() + word(), lines });
  });
}
