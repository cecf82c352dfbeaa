import type { ClusterSnapshot } from '../../cluster/snapshot.ts';
import { otherPlaces } from '../../migration/partitioning.ts';
import type { StateSnapshot } from '../../state/records.ts';
import { type DesiredTopic, snapshotOf } from './desired-topic.ts';
import type { Finding } from './finding.ts';

/**
 * Topics whose positions say that their records were placed otherwise than is wanted now. A source topic that was made again is
 * another one: the mirror says what was lost of it.
 */
export function partitioningFindings(
  wanted: readonly DesiredTopic[],
  snapshots: ReadonlyMap<string, ClusterSnapshot>,
  { mirrored = new Map() }: Pick<StateSnapshot, 'mirrored'>,
): readonly Finding[] {
  const byTopic = new Map([...mirrored].map(([flow, all]) => [flow, Map.groupBy(all, (one) => one.source.topic)]));
  return wanted.flatMap(({ address, name, partitions, mirrored: into }): Finding[] => {
    if (into === undefined) return [];
    const { topicId } = snapshotOf(snapshots, into.source.cluster).topics.get(into.source.topic) ?? {};
    const isSame = (id: string | undefined) => id === undefined || topicId === undefined || id === topicId;
    const before = byTopic
      .get(into.flow)
      ?.get(into.source.topic)
      ?.find((one) => isSame(one.source.topicId));
    if (before === undefined) return [];
    const other = otherPlaces(before.byKey, into.byKey && { hash: into.byKey, partitions });
    return other === null ? [] : [{ code: 'KP2742', address, topic: name, says: `records went there ${other}` }];
  });
}
