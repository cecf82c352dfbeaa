import { partitionFault } from '../engines/native/faults.ts';
import { partitionName } from '../engines/native/losses.ts';
import type { Clock, FetchedPartition, FetchPosition, LogReader } from '../engines/native/ports.ts';
import { troubleBackoff, troubleMsMax } from './limits.ts';

/** A place in a log: the leader epoch of the last batch below the offset. */
export interface EpochPlace extends Pick<FetchPosition, 'topic' | 'partition' | 'offset'> {
  readonly lastEpoch: number;
}

/** Partitions asked of in one Fetch. */
const partitionsAskedMax = 500;

/** Those of the places, by `partitionName`, below which each log still is what it was. Throws as `logsThatParted`. */
export async function logsStillHold(
  log: LogReader,
  places: readonly EpochPlace[],
  clock: Clock,
): Promise<ReadonlySet<string>> {
  const parted = await logsThatParted(log, places, clock);
  return new Set(places.map(partitionName).filter((name) => !parted.has(name)));
}

/**
 * Those of the places, by `partitionName`, below which the log is not what it was, and up to where it still is, as far as
 * anybody can tell (else null): leaders compare the epochs with their own (KIP-595), so that a truncation shows though the
 * log has grown past it again. Nearly nothing is fetched. Throws a ClusterFault where a leader does not answer.
 */
export async function logsThatParted(
  log: LogReader,
  places: readonly EpochPlace[],
  clock: Clock,
): Promise<ReadonlyMap<string, bigint | null>> {
  const parted = new Map<string, bigint | null>();
  const deadlineMs = clock.nowMs() + troubleMsMax;
  let open = places;
  for (let backoffMs: number = troubleBackoff.minMs; open.length > 0; backoffMs *= 2) {
    const answers = new Map<string, FetchedPartition>();
    for (const [leader, ofLeader] of await byLeader(log, open)) {
      if (leader < 0) continue;
      for (let at = 0; at < ofLeader.length; at += partitionsAskedMax) {
        for (const one of await ask(log, leader, ofLeader.slice(at, at + partitionsAskedMax))) {
          answers.set(partitionName(one), one);
        }
      }
    }
    const [first, ...left] = open.filter((one) => {
      const answer = answers.get(partitionName(one));
      if (answer === undefined || (answer.error !== null && answer.error !== 'OFFSET_OUT_OF_RANGE')) return true;
      if (answer.error !== null) parted.set(partitionName(one), null);
      else if (answer.diverging !== undefined) parted.set(partitionName(one), answer.diverging.endOffset);
      return false;
    });
    if (first === undefined) break;
    if (clock.nowMs() >= deadlineMs) {
      const error = answers.get(partitionName(first))?.error ?? 'LEADER_NOT_AVAILABLE';
      throw partitionFault(log.cluster, 'Fetch', error, partitionName(first));
    }
    open = [first, ...left];
    await clock.sleep(Math.min(backoffMs, troubleBackoff.maxMs));
  }
  return parted;
}

async function byLeader(log: LogReader, places: readonly EpochPlace[]): Promise<Map<number, EpochPlace[]>> {
  const topics = await log.describeTopics([...new Set(places.map((one) => one.topic))]);
  return Map.groupBy(places, ({ topic, partition }) => topics.get(topic)?.leaders[partition] ?? -1);
}

async function ask(log: LogReader, leader: number, places: readonly EpochPlace[]): Promise<FetchedPartition[]> {
  const answers = await log.fetch(leader, {
    positions: places.map((one) => ({ ...one, maxBytes: 1 })),
    maxBytes: 1,
    minBytes: 0,
    maxWaitMs: 0,
    isolation: 'read_committed',
  });
  for (const one of answers) one.release();
  return [...answers];
}
