import type { OwnCommits } from '../../src/state/own-commits.ts';
import type { TopicPartition } from '../engines/native/ports.ts';
import type { ClusterFault } from '../kafka/cluster-fault.ts';
import type { CommittedOffset } from '../ports.ts';
import { type CommitDecision, type CommitRules, leftAsItIs, placesUncommitted } from './decide-commit.ts';
import { partitionKey, type SilentPartition } from './mirrored-partition.ts';
import type { SilentTopic } from './read-by-key.ts';

/** What no leader tells of for now, in the topics that are looked at. */
export interface Silent {
  /** By `partitionKey` of the source. */
  readonly partitions: ReadonlyMap<string, SilentPartition>;
  /** Whose records go by key, by the source's topic. */
  readonly topics: ReadonlyMap<string, SilentTopic>;
}

/** A partition of the source in which a group stays where it is. */
export interface Waiting extends TopicPartition {
  readonly fault: ClusterFault;
}

export interface SilentDecision {
  readonly waiting: readonly Waiting[];
  /** Of the target's partitions in which something of ours may stand. */
  readonly decided: readonly { readonly target: TopicPartition; readonly decision: CommitDecision }[];
}

/** Decides about one group where leaders do not answer; pure. A partition that has nothing to do with the group is not told of. */
export function decideSilent(
  silent: Silent,
  committed: readonly CommittedOffset[],
  { standing, own }: { readonly standing: ReadonlyMap<string, CommittedOffset>; readonly own: OwnCommits },
  rules: CommitRules,
): SilentDecision {
  const decide = (target: TopicPartition) => {
    const one = { standing: standing.get(partitionKey(target)), own: own.get(target.topic)?.get(target.partition) };
    return { target, decision: { ...leftAsItIs(one, rules), what: 'waits' } as const };
  };
  const commits = new Set(committed.map(partitionKey));
  const topicsRead = new Set(committed.map((one) => one.topic));
  const single = [...silent.partitions.values()].filter(
    ({ source, target }) =>
      commits.has(partitionKey(source)) ||
      own.get(target.topic)?.has(target.partition) === true ||
      (topicsRead.has(source.topic) && placesUncommitted(rules)),
  );
  const byKey = [...silent.topics.values()].filter((one) => topicsRead.has(one.source) || own.has(one.target));
  return {
    waiting: [
      ...single.map(({ source, fault }) => ({ ...source, fault })),
      ...byKey.flatMap(({ source, fault }) =>
        committed.flatMap(({ topic, partition }) => (topic === source ? [{ topic, partition, fault }] : [])),
      ),
    ],
    decided: [
      ...single.map(({ target }) => decide(target)),
      ...byKey.flatMap(({ target: topic }) =>
        [...(own.get(topic)?.keys() ?? [])].map((partition) => decide({ topic, partition })),
      ),
    ],
  };
}
