import { atLeast, atMost } from '../../src/offset-map/bounds.ts';
import type { LogReader, TopicPartition } from '../engines/native/ports.ts';
import { committedFilter } from '../records/aborted.ts';
import { baseOffsetOf, lastOffsetOf } from '../records/header.ts';
import { splitBatches } from '../records/split.ts';

const fetchesMax = 32;
const fetchMaxBytes = 1_048_576;
/** The log holds the records already; a broker that waits has none left. */
const fetchMaxWaitMs = 500;

/**
 * How far a consumer may be moved on without passing a data record of anybody: the largest offset in `from` to `to` with
 * only markers and aborted records below it. What stops it short of the whole way (a record, an error, a limit) makes
 * the answer smaller, which is safe.
 */
export async function quietEnd(
  log: LogReader,
  leader: number,
  partition: TopicPartition,
  range: { readonly from: bigint; readonly to: bigint },
): Promise<bigint> {
  if (range.to <= range.from || leader < 0) return atMost(range.from, range.to);
  let offset = range.from;
  for (let count = 0; count < fetchesMax && offset < range.to; count += 1) {
    const [answer] = await log.fetch(leader, {
      positions: [{ ...partition, offset, maxBytes: fetchMaxBytes }],
      maxBytes: fetchMaxBytes,
      minBytes: 1,
      maxWaitMs: fetchMaxWaitMs,
      isolation: 'read_committed',
    });
    if (answer === undefined || answer.error !== null) return offset;
    const { batches } = splitBatches(answer.records);
    const fateOf = committedFilter(answer.abortedTransactions);
    const before = offset;
    for (const batch of batches) {
      const fate = fateOf(batch);
      if (lastOffsetOf(batch) < offset) continue;
      if (fate === 'data') return atLeast(offset, baseOffsetOf(batch));
      offset = lastOffsetOf(batch) + 1n;
    }
    if (offset === before) return offset;
  }
  return atMost(offset, range.to);
}
