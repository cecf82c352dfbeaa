import { atLeast, atMost } from '../../src/offset-map/bounds.ts';
import type { Clock, LogReader, TopicPartition } from '../engines/native/ports.ts';
import { scanBatches } from '../engines/native/scan.ts';
import { baseOffsetOf, lastOffsetOf } from '../records/header.ts';

/**
 * How far a consumer may be moved on without passing a data record of anybody: the largest offset in `from` to `to` with
 * only markers and aborted records below it. `from` is at or above the log start, `to` at or below the last stable offset.
 */
export async function quietEnd(
  log: LogReader,
  partition: TopicPartition,
  range: { readonly from: bigint; readonly to: bigint },
  clock: Clock,
): Promise<bigint> {
  let end = range.from;
  await scanBatches(log, { topic: partition.topic, partition: partition.partition, ...range }, clock, (batch, fate) => {
    if (fate === 'data') {
      end = atLeast(end, baseOffsetOf(batch));
      return 'stop';
    }
    end = lastOffsetOf(batch) + 1n;
    return 'next';
  });
  return atMost(end, range.to);
}
