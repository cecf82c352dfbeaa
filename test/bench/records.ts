/**
 * Speed of the record batch code alone, on one core and without a broker: `node test/bench/records.ts`.
 * MB are 10^6 bytes of source batches; the best of a few rounds counts.
 */
import { buildBatch } from '../../runner/records/build.ts';
import { decodeRecords } from '../../runner/records/decode.ts';
import { createRecordDigest } from '../../runner/records/digest.ts';
import type { Codec } from '../../runner/records/header.ts';
import { reencode } from '../../runner/records/reencode.ts';
import { restamp } from '../../runner/records/restamp.ts';
import { splitBatches } from '../../runner/records/split.ts';

const rounds = 5;
const recordBytes = 200;
/** What one join takes: as much as becomes one batch for the target. */
const joinedBytes = 256 * 1024;

interface Work {
  readonly name: string;
  readonly batches: readonly Buffer[];
  readonly recordsPerBatch: number;
  run(batches: readonly Buffer[]): void;
}

/** Half of each value repeats, half does not: compresses to about a half, as JSON payloads do at best. */
function payloadOf(seed: number): Buffer {
  const value = Buffer.alloc(recordBytes, 'status=paid;currency=EUR;');
  for (let i = 0, state = seed + 1; i < recordBytes / 2; i += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    value[i] = state >>> 16;
  }
  return value;
}

function makeBatches(count: number, recordsPerBatch: number, codec: Codec): Buffer[] {
  return Array.from({ length: count }, (_, batch) => {
    const baseOffset = BigInt(batch * recordsPerBatch);
    const records = Array.from({ length: recordsPerBatch }, (__, index) => ({
      key: Buffer.from(`key-${index}`),
      value: payloadOf(batch * recordsPerBatch + index),
      timestamp: 1_763_000_000_000n + BigInt(batch),
    }));
    return buildBatch({ records, codec, baseOffset });
  });
}

function joinAll(batches: readonly Buffer[]): void {
  const size = batches[0]?.length ?? 1;
  const many = Math.max(Math.floor(joinedBytes / size), 1);
  for (let at = 0; at < batches.length; at += many) {
    reencode(batches.slice(at, at + many), { from: 0n, maxBytes: 1_000_000 });
  }
}

function restampAll(batches: readonly Buffer[]): void {
  let baseSequence = 0;
  for (const batch of batches) {
    restamp(batch, { producerId: 77n, producerEpoch: 3, baseSequence, transactional: true });
    baseSequence += 1;
  }
}

function digestAll(batches: readonly Buffer[]): void {
  const digest = createRecordDigest();
  for (const batch of batches) {
    digest.addBatch(batch);
  }
  digest.finish();
}

function decodeAll(batches: readonly Buffer[]): void {
  for (const batch of batches) {
    decodeRecords(batch);
  }
}

const single = makeBatches(50_000, 1, 'none');
const plain = makeBatches(50, 4000, 'none');
const works: Work[] = [
  { name: 'split, 1 record', batches: single, recordsPerBatch: 1, run: (all) => void splitBatches(Buffer.concat(all)) },
  { name: 'restamp, 1 record', batches: single, recordsPerBatch: 1, run: restampAll },
  { name: 'restamp, 900 kB', batches: plain, recordsPerBatch: 4000, run: restampAll },
  { name: 'join, 1 record', batches: single, recordsPerBatch: 1, run: joinAll },
  { name: 'join, 10 records', batches: makeBatches(10_000, 10, 'none'), recordsPerBatch: 10, run: joinAll },
  ...(['zstd', 'lz4', 'snappy', 'gzip'] as const).map((codec) => ({
    name: `join, 10 records ${codec}`,
    batches: makeBatches(5000, 10, codec),
    recordsPerBatch: 10,
    run: joinAll,
  })),
  { name: 'decode', batches: plain, recordsPerBatch: 4000, run: decodeAll },
  { name: 'digest', batches: plain, recordsPerBatch: 4000, run: digestAll },
  { name: 'digest zstd', batches: makeBatches(50, 4000, 'zstd'), recordsPerBatch: 4000, run: digestAll },
];

function secondsOf(work: Work): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const start = process.hrtime.bigint();
    work.run(work.batches);
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e9);
  }
  return best;
}

function column(value: number): string {
  return Math.round(value).toLocaleString('en').padStart(14);
}

process.stdout.write(`${''.padEnd(24)}${'MB/s'.padStart(14)}${'batches/s'.padStart(14)}${'records/s'.padStart(14)}\n`);
for (const work of works) {
  const seconds = secondsOf(work);
  const bytes = work.batches.reduce((sum, batch) => sum + batch.length, 0);
  const perSecond = work.batches.length / seconds;
  process.stdout.write(
    `${work.name.padEnd(24)}${column(bytes / 1e6 / seconds)}${column(perSecond)}${column(perSecond * work.recordsPerBatch)}\n`,
  );
}
