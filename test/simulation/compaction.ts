import { buildBatch } from '../../runner/records/build.ts';
import { decodeRecords } from '../../runner/records/decode.ts';
import { fieldAt, readHeader } from '../../runner/records/header.ts';
import type { Random } from './random.ts';
import { lastStable, recordsOf, type SimulatedPartition, type StoredBatch } from './simulated-partition.ts';

/** The active segment is never cleaned. */
const newestKept = 3;

/**
 * What the log cleaner leaves (`LogCleaner.scala`): records of which there is a later one are gone, and so are those of
 * aborted transactions; a batch keeps its offsets, and may stay without records. Which ones, `random` says.
 */
export function compact(log: SimulatedPartition, random: Random): void {
  const stable = lastStable(log);
  const newest = log.batches.at(-newestKept)?.base ?? 0n;
  log.batches = log.batches.filter((batch) => {
    if (batch.last >= stable || batch.base >= newest || batch.kind === 'marker') return true;
    return batch.outcome === 'ABORT' ? random.chance(0.5) : !random.chance(0.5) || clean(batch, random);
  });
}

/** False where the whole batch is gone. */
function clean(batch: StoredBatch, random: Random): boolean {
  const count = recordsOf(batch).shape.bodies.length;
  const gone = new Set(batch.gone);
  const share = random.pick([0.1, 0.5, 1]);
  for (let index = 0; index < count; index += 1) if (random.chance(share)) gone.add(index);
  if (gone.size === (batch.gone?.size ?? 0)) return true;
  const left = decodeRecords(batch.bytes).filter((one) => !gone.has(indexOf(batch, one.offset)));
  batch.gone = gone;
  if (left.length === 0 && random.chance(0.7)) return false;
  const header = readHeader(batch.bytes);
  const { baseOffset, lastOffsetDelta, producerId, producerEpoch, baseSequence, transactional } = header;
  batch.bytes = buildBatch({
    records: left,
    codec: header.codec,
    baseOffset,
    lastOffsetDelta,
    stamp: { producerId, producerEpoch, baseSequence, transactional },
    ...(header.timestampType === 'LogAppendTime' ? { logAppendTime: header.maxTimestamp } : {}),
  });
  batch.bytes.writeInt32BE(header.leaderEpoch, fieldAt.leaderEpoch);
  return true;
}

function indexOf(batch: StoredBatch, offset: bigint): number {
  return recordsOf(batch).shape.offsetDeltas.indexOf(Number(offset - batch.base));
}
