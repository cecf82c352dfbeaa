import { checkpointRecord, type InternalRecord, offsetSyncRecord } from '../../src/mirrormaker2/internal-records.ts';
import { newestSync } from '../../src/mirrormaker2/newest-sync.ts';
import { positionsTopic } from '../../src/state/keys.ts';
import { readPositions } from '../engines/native/positions.ts';
import { partitionKey } from '../groups/mirrored-partition.ts';
import { livePositions, readMirroredPartitions } from '../groups/read-mirrored-partitions.ts';
import type { AnsweredOffset } from '../offsets/asked-offset.ts';
import type { FlowOnBothSides } from '../offsets/translate-asked.ts';

/**
 * A checkpoint for each group's offset that has a place on the target: exact, or one from which nothing is skipped. None where
 * records go by key: a checkpoint speaks of one partition on both sides.
 */
export function checkpointsOf(answers: readonly AnsweredOffset[]): readonly InternalRecord[] {
  return answers.flatMap(({ asked, found, byKey }) => {
    if (found === null || asked.group === undefined || byKey !== undefined) return [];
    const { group, metadata } = asked;
    const upstreamOffset = asked.offset;
    const { topic, partition, offset: downstreamOffset } = found;
    // MirrorMaker's metadata is a STRING, which can't be null.
    return [checkpointRecord({ group, topic, partition, upstreamOffset, downstreamOffset, metadata: metadata ?? '' })];
  });
}

/** The newest sync of each partition that the flow mirrors and of which the target still has that record. */
export async function offsetSyncsOf(flow: FlowOnBothSides): Promise<readonly InternalRecord[]> {
  const { migration, source, target, clock } = flow;
  const stored = await readPositions(target, positionsTopic(migration), flow.flow.name, clock);
  const positions = await livePositions({ flow: flow.flow, source, target, positions: stored });
  const mirrored = await readMirroredPartitions({ flow: flow.flow, source, target, positions, clock });
  return positions.flatMap(({ record }) => {
    const sync = newestSync(record.segments);
    const partition = mirrored.get(partitionKey(record.source));
    if (sync === null || partition === undefined) return [];
    const { start, end } = partition.input.target;
    if (sync.target < start || sync.target >= end) return [];
    const { topic, partition: number } = record.source;
    const offsets = { upstreamOffset: sync.source, downstreamOffset: sync.target };
    return [offsetSyncRecord({ topic, partition: number, ...offsets })];
  });
}
