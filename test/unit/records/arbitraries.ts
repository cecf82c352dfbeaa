import fc from 'fast-check';
import { buildBatch, type NewRecord } from '../../../runner/records/build.ts';
import { type DecodedRecord, decodeRecords } from '../../../runner/records/decode.ts';
import { codecs } from '../../../runner/records/header.ts';

/** Runs a property with the seed of the test run, so that a failure is replayed by KPLAN_TEST_SEED. */
export function holds<T>(property: fc.IProperty<T>, numRuns = 200): void {
  const seed = process.env.KPLAN_TEST_SEED;
  fc.assert(property, { numRuns, ...(seed === undefined ? {} : { seed: Number(seed) }) });
}

export const codec = fc.constantFrom(...codecs);

const bytes = fc
  .oneof({ weight: 8, arbitrary: fc.uint8Array({ maxLength: 40 }) }, fc.uint8Array({ minLength: 100, maxLength: 900 }))
  .map((array) => Buffer.from(array));

const nullableBytes = fc.option(bytes);

export const header = fc.record({ key: bytes, value: nullableBytes });

/** Mostly of today; also -1, nanoseconds, and what needs all 64 bits of a delta. */
export const timestamp = fc.oneof(
  { weight: 10, arbitrary: fc.bigInt(1_760_000_000_000n, 1_764_000_000_000n) },
  { weight: 1, arbitrary: fc.constant(-1n) },
  { weight: 1, arbitrary: fc.constant(1_763_000_000_000_000_000n) },
  { weight: 1, arbitrary: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n) },
);

export const record: fc.Arbitrary<NewRecord> = fc.record({
  key: nullableBytes,
  value: nullableBytes,
  headers: fc.array(header, { maxLength: 3 }),
  timestamp,
});

export const records = fc.array(record, { minLength: 1, maxLength: 12 });

export const stamp = fc.record(
  {
    producerId: fc.bigInt(0n, 2n ** 63n - 1n),
    producerEpoch: fc.integer({ min: 0, max: 32767 }),
    baseSequence: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    transactional: fc.boolean(),
  },
  { noNullPrototype: true },
);

/** A batch as it stands in a log: gaps before, within and behind its records, any codec and timestamp type. */
const storedBatch = fc.record({
  codec,
  records: fc.oneof({ weight: 9, arbitrary: records }, fc.constant<NewRecord[]>([])),
  gaps: fc.oneof(fc.constant([0]), fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 })),
  gapBefore: fc.integer({ min: 0, max: 2 }),
  gapBehind: fc.integer({ min: 0, max: 2 }),
  logAppendTime: fc.option(fc.bigInt(1_760_000_000_000n, 1_764_000_000_000n), { freq: 4 }),
  stamp: fc.option(stamp),
});

/** Consecutive batches of a partition's log. */
export const log: fc.Arbitrary<Buffer[]> = fc
  .record({ start: fc.bigInt(0n, 2n ** 40n), batches: fc.array(storedBatch, { minLength: 1, maxLength: 8 }) })
  .map(({ start, batches }) => {
    let next = start;
    return batches.map((batch) => {
      const baseOffset = next + BigInt(batch.gapBefore);
      let offset = baseOffset;
      const placed = batch.records.map((each, index) => {
        offset += BigInt(batch.gaps[index % batch.gaps.length] ?? 0);
        const at = { ...each, offset };
        offset += 1n;
        return at;
      });
      const last = (placed.at(-1)?.offset ?? baseOffset) + BigInt(batch.gapBehind);
      next = last + 1n;
      return buildBatch({
        records: placed,
        codec: batch.codec,
        baseOffset,
        lastOffsetDelta: Number(last - baseOffset),
        ...(batch.logAppendTime === null ? {} : { logAppendTime: batch.logAppendTime }),
        ...(batch.stamp === null ? {} : { stamp: batch.stamp }),
      });
    });
  });

export function decodeAll(batches: readonly Buffer[]): DecodedRecord[] {
  return batches.flatMap((batch) => decodeRecords(batch));
}

export function latestOf(list: readonly { readonly timestamp: bigint }[]): bigint {
  const sorted = list.map(({ timestamp: each }) => each).toSorted((a, b) => (a < b ? -1 : 1));
  return sorted.at(-1) ?? 0n;
}

/** A decoded record as plain values that compare by content. */
export function plain(each: Omit<NewRecord, 'offset'>): unknown {
  return {
    timestamp: each.timestamp,
    key: hex(each.key),
    value: hex(each.value),
    headers: (each.headers ?? []).map((pair) => [hex(pair.key), hex(pair.value)]),
  };
}

function hex(value: Buffer | null): string | null {
  return value === null ? null : value.toString('hex');
}
