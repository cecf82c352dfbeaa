import type { Flow } from '../../src/migration/migration.ts';
import { askWhoAnswers } from '../engines/native/ask-offsets.ts';
import { partitionFault } from '../engines/native/faults.ts';
import { partitionName } from '../engines/native/losses.ts';
import type { Clock, LogReader, TopicPartition } from '../engines/native/ports.ts';

/** What a flow is to have mirrored. */
export interface FlowGoals {
  /** Last stable offsets by source partition, each as its leader told it. */
  readonly known: ReadonlyMap<string, bigint>;
  /** The others: no leader tells of them. */
  away(): readonly TopicPartition[];
  /** For how long there have been such. */
  awayMs(): number;
  /** Asks once for those that are away. Throws the fault of a partition that will not pass. */
  ask(): Promise<void>;
  /** Asks once for some that are known, by name: of which no leader tells any more, those are away. */
  askAgain(names: ReadonlySet<string>): Promise<void>;
}

export function flowGoals({ topics }: Pick<Flow, 'topics'>, log: LogReader, clock: Clock): FlowGoals {
  const partitions: readonly TopicPartition[] = topics.flatMap(({ source, sourcePartitions }) =>
    Array.from({ length: sourcePartitions }, (_, partition) => ({ topic: source, partition })),
  );
  const known = new Map<string, bigint>();
  let away = partitions;
  let sinceMs = clock.nowMs();

  async function asked(some: readonly TopicPartition[]): Promise<ReadonlyMap<string, bigint>> {
    const { offsets, errors } = await askWhoAnswers(log, some, 'last-stable', clock, { isPatient: () => false });
    for (const [name, error] of errors) {
      const fault = partitionFault(log.cluster, 'ListOffsets', error, name);
      if (!fault.retriable) throw fault;
    }
    return offsets;
  }

  return {
    known,
    away: () => away,
    awayMs: () => (away.length === 0 ? 0 : clock.nowMs() - sinceMs),
    async ask() {
      const offsets = await asked(away);
      for (const [name, offset] of offsets) known.set(name, offset);
      away = away.filter((one) => !known.has(partitionName(one)));
    },
    async askAgain(names) {
      const offsets = await asked(partitions.filter((one) => names.has(partitionName(one))));
      if (away.length === 0) sinceMs = clock.nowMs();
      for (const name of names) if (!offsets.has(name)) known.delete(name);
      away = partitions.filter((one) => !known.has(partitionName(one)));
    },
  };
}
