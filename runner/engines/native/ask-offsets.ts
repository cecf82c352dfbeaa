import { partitionFault } from './faults.ts';
import { partitionBackoff, settleMsMax } from './limits.ts';
import { partitionName } from './losses.ts';
import type { Clock, LogReader, OffsetSpec, TopicPartition } from './ports.ts';

/**
 * Offsets by `partitionName`. Partitions that answer with an error are asked again (their leader may just move), until
 * `settleMsMax`; then their error is thrown as a fault.
 */
export async function askOffsets(
  log: LogReader,
  partitions: readonly TopicPartition[],
  at: OffsetSpec,
  clock: Clock,
): Promise<Map<string, bigint>> {
  const found = new Map<string, bigint>();
  const deadlineMs = clock.nowMs() + settleMsMax;
  let left = partitions;
  for (let backoffMs: number = partitionBackoff.minMs; left.length > 0; backoffMs *= 2) {
    const failed: TopicPartition[] = [];
    let error: string | null = null;
    for (const answer of await log.offsets(left, at)) {
      if (answer.error === null) found.set(partitionName(answer), answer.offset);
      else {
        failed.push({ topic: answer.topic, partition: answer.partition });
        error = answer.error;
      }
    }
    const first = failed[0];
    if (first === undefined || error === null) break;
    if (clock.nowMs() >= deadlineMs) throw partitionFault(log.cluster, 'ListOffsets', error, partitionName(first));
    await log.describeTopics([...new Set(failed.map((one) => one.topic))]);
    await clock.sleep(Math.min(backoffMs, partitionBackoff.maxMs));
    left = failed;
  }
  return found;
}

/**
 * Waits until no transaction is open on these partitions: last stable offset = high watermark. Gives those, by
 * `partitionName`, on which one still is after `settleMsMax`, with both offsets.
 */
export async function awaitNoTransaction(
  log: LogReader,
  partitions: readonly TopicPartition[],
  clock: Clock,
): Promise<ReadonlyMap<string, { readonly lastStable: bigint; readonly end: bigint }>> {
  const deadlineMs = clock.nowMs() + settleMsMax;
  let left = partitions;
  for (let backoffMs: number = partitionBackoff.minMs; ; backoffMs *= 2) {
    const ends = await askOffsets(log, left, 'latest', clock);
    const stable = await askOffsets(log, left, 'last-stable', clock);
    const open = new Map<string, { lastStable: bigint; end: bigint }>();
    for (const one of left) {
      const name = partitionName(one);
      const lastStable = stable.get(name) ?? 0n;
      const end = ends.get(name) ?? 0n;
      if (lastStable < end) open.set(name, { lastStable, end });
    }
    left = left.filter((one) => open.has(partitionName(one)));
    if (left.length === 0 || clock.nowMs() >= deadlineMs) return open;
    await clock.sleep(Math.min(backoffMs, partitionBackoff.maxMs));
  }
}
