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
  const { offsets, errors } = await askWhoAnswers(log, partitions, at, clock);
  for (const [name, error] of errors) throw partitionFault(log.cluster, 'ListOffsets', error, name);
  return offsets;
}

export interface Answers {
  readonly offsets: Map<string, bigint>;
  /** What the others answered last. */
  readonly errors: ReadonlyMap<string, string>;
}

export interface Patience {
  /** Partitions for which it does not hold are asked once. */
  readonly isPatient?: (partition: TopicPartition) => boolean;
  /** Until when the others are asked again, by the clock; default `settleMsMax` from now. */
  readonly untilMs?: number;
}

/** As `askOffsets`, with the errors as values. */
export async function askWhoAnswers(
  log: LogReader,
  partitions: readonly TopicPartition[],
  at: OffsetSpec,
  clock: Clock,
  { isPatient = () => true, untilMs = clock.nowMs() + settleMsMax }: Patience = {},
): Promise<Answers> {
  const offsets = new Map<string, bigint>();
  const errors = new Map<string, string>();
  let left = partitions;
  for (let backoffMs: number = partitionBackoff.minMs; left.length > 0; backoffMs *= 2) {
    for (const answer of await log.offsets(left, at, 'once')) {
      const name = partitionName(answer);
      errors.delete(name);
      if (answer.error === null) offsets.set(name, answer.offset);
      else errors.set(name, answer.error);
    }
    left = left.filter((one) => errors.has(partitionName(one)) && isPatient(one));
    if (left.length === 0 || clock.nowMs() >= untilMs) break;
    await log.describeTopics([...new Set(left.map((one) => one.topic))]);
    await clock.sleep(Math.min(backoffMs, partitionBackoff.maxMs));
  }
  return { offsets, errors };
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
