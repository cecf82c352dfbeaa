import type { Flow } from '../../src/migration/migration.ts';
import { askWhoAnswers } from '../engines/native/ask-offsets.ts';
import { partitionFault } from '../engines/native/faults.ts';
import { partitionName } from '../engines/native/losses.ts';
import type { Clock, LogReader, TopicPartition } from '../engines/native/ports.ts';

/** What a flow is to have mirrored. */
export interface FlowGoals {
  /** Last stable offsets by source partition, each as its leader told it first. */
  readonly known: ReadonlyMap<string, bigint>;
  /** Those of which no leader has told yet. */
  away(): readonly TopicPartition[];
  /** Asks once for those that are away. Throws the fault of a partition that will not pass. */
  ask(): Promise<void>;
}

export function flowGoals({ topics }: Pick<Flow, 'topics'>, log: LogReader, clock: Clock): FlowGoals {
  const known = new Map<string, bigint>();
  let away: readonly TopicPartition[] = topics.flatMap(({ source, sourcePartitions }) =>
    Array.from({ length: sourcePartitions }, (_, partition) => ({ topic: source, partition })),
  );
  return {
    known,
    away: () => away,
    async ask() {
      const { offsets, errors } = await askWhoAnswers(log, away, 'last-stable', clock, { isPatient: () => false });
      for (const [name, error] of errors) {
        const fault = partitionFault(log.cluster, 'ListOffsets', error, name);
        if (!fault.retriable) throw fault;
      }
      for (const [name, offset] of offsets) known.set(name, offset);
      away = away.filter((one) => !offsets.has(partitionName(one)));
    },
  };
}
