import { recordName, type StandingRecords } from '../../src/mirrormaker2/changed-records.ts';
import { askOffsets } from '../engines/native/ask-offsets.ts';
import { partitionName } from '../engines/native/losses.ts';
import type { Clock, LogReader } from '../engines/native/ports.ts';
import { scanBatches } from '../engines/native/scan.ts';
import { decodeRecords } from '../records/decode.ts';

/**
 * The newest value of each key in partition 0, as committed; null for one that was deleted. Null where there is no such
 * topic. Memory holds one value a key. Throws a ClusterFault.
 */
export async function readCompacted(log: LogReader, topic: string, clock: Clock): Promise<StandingRecords | null> {
  if (!(await log.describeTopics([topic])).has(topic)) return null;
  const at = { topic, partition: 0 };
  const from = (await askOffsets(log, [at], 'earliest', clock)).get(partitionName(at)) ?? 0n;
  const to = (await askOffsets(log, [at], 'last-stable', clock)).get(partitionName(at)) ?? 0n;
  const newest = new Map<string, Buffer | null>();
  await scanBatches(log, { ...at, from, to }, clock, (batch, fate) => {
    if (fate !== 'data') return 'next';
    for (const { key, value } of decodeRecords(batch)) {
      if (key !== null) newest.set(recordName(key), value === null ? null : Buffer.from(value));
    }
    return 'next';
  });
  return newest;
}
