import { Connection, fetchV12 } from '@platformatic/kafka';
import { visibleRecords } from '../fixtures/records/visible-records.ts';

/** A record that was read. */
export interface Sample {
  readonly producedMs: number;
  readonly latencyMs: number;
}

const fetchBytesMax = 16_777_216;
const fetchMaxWaitMs = 500;
const readCommitted = 1;

interface PartitionSince {
  readonly topic: string;
  readonly partition: number;
  /** Records that were produced before are none of the load's. */
  readonly sinceMs: number;
}

/** Reads what is committed as soon as it is, on a connection of its own, and adds it to `samples`. */
export async function readLatencies(
  server: string,
  { topic, partition, sinceMs }: PartitionSince,
  samples: Sample[],
  signal: AbortSignal,
): Promise<void> {
  const [host = '', port = ''] = server.split(':');
  const connection = new Connection('kplan-bench-reader');
  await connection.connect(host, Number(port));
  let next = 0n;
  try {
    while (!signal.aborted) {
      const at = {
        partition,
        currentLeaderEpoch: -1,
        fetchOffset: next,
        lastFetchedEpoch: -1,
        partitionMaxBytes: fetchBytesMax,
      };
      const topics = [{ topicId: topic, partitions: [at] }];
      const limits = [fetchMaxWaitMs, 1, fetchBytesMax, readCommitted, 0, -1] as const;
      const { responses } = await fetchV12.api.async(connection, ...limits, topics, [], '');
      const nowMs = Date.now();
      const fetched = responses[0]?.partitions[0];
      const last = fetched?.records?.at(-1);
      if (fetched === undefined || last === undefined) continue;
      for (const { offset, timestamp } of visibleRecords(fetched)) {
        const producedMs = Number(timestamp);
        if (offset >= next && producedMs >= sinceMs) samples.push({ producedMs, latencyMs: nowMs - producedMs });
      }
      next = last.firstOffset + BigInt(last.lastOffsetDelta) + 1n;
    }
  } finally {
    await connection.close();
  }
}
