/** What the source topic of a bench holds. */
export interface Scenario {
  readonly name: string;
  readonly topic: string;
  readonly partitions: number;
  readonly records: number;
  readonly codec: 'none' | 'zstd';
  /** The producer's batch.size; 1 makes a batch of every record. */
  readonly batchBytes: number;
}

const millions = 1_000_000;

/** `scale` shrinks the number of records: 1 for figures, less for a look. */
export function scenarios(scale: number): readonly Scenario[] {
  const of = (records: number) => Math.max(10_000, Math.round(records * scale));
  return [
    {
      name: 'large compressed batches (zstd)',
      topic: 'bench-zstd',
      partitions: 4,
      records: of(6 * millions),
      codec: 'zstd',
      batchBytes: 524_288,
    },
    {
      name: 'large uncompressed batches',
      topic: 'bench-plain',
      partitions: 4,
      records: of(3 * millions),
      codec: 'none',
      batchBytes: 524_288,
    },
    {
      name: 'one-record batches',
      topic: 'bench-single',
      partitions: 4,
      records: of(millions),
      codec: 'none',
      batchBytes: 1,
    },
  ];
}

/** Written to a fresh target before it is measured, so that every mirror meets a broker whose code is compiled. */
export const warmUp: Scenario = {
  name: 'warm-up',
  topic: 'bench-warm-up',
  partitions: 4,
  records: 1_500_000,
  codec: 'none',
  batchBytes: 131_072,
};

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
