import { recordName, type StandingRecords } from '../../src/mirrormaker2/changed-records.ts';
import type { Clock, LogReader } from '../engines/native/ports.ts';
import { scanWhole } from '../engines/native/scan.ts';

/**
 * The newest value of each key in partition 0, as committed; null for one that was deleted. Null where there is no such
 * topic. Memory holds one value a key. Throws a ClusterFault.
 */
export async function readCompacted(log: LogReader, topic: string, clock: Clock): Promise<StandingRecords | null> {
  if (!(await log.describeTopics([topic])).has(topic)) return null;
  const at = { topic, partition: 0 };
  const newest = new Map<string, Buffer | null>();
  await scanWhole(log, at, clock, () => {
    newest.clear();
    return ({ key, value }) => {
      if (key !== null) newest.set(recordName(key), value === null ? null : Buffer.from(value));
    };
  });
  return newest;
}
