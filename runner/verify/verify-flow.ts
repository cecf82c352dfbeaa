import pMap from 'p-map';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import type { Flow } from '../../src/migration/migration.ts';
import { type MirroredPartition, type MirroredPartitions, partitionKey } from '../groups/mirrored-partition.ts';
import { readMirroredPartitions } from '../groups/read-mirrored-partitions.ts';
import { CorruptBatchError } from '../records/corrupt-batch.ts';
import type { ByKeyComparison } from './by-key-comparison.ts';
import { comparable } from './comparable.ts';
import { type FlowProgress, openProgress } from './flow-progress.ts';
import { memoryBytesMax, partitionsAtOnceMax } from './limits.ts';
import { createMemory, type VerifyMemory } from './memory.ts';
import { notKept, notMirrored, notReadable } from './not-compared.ts';
import { withRecentLeaders } from './recent-leaders.ts';
import { verifyByKey } from './verify-by-key.ts';
import { verifyCompactedByKey } from './verify-compacted-by-key.ts';
import { type PartitionComparison, type PartitionPart, verifyPartition } from './verify-partition.ts';
import type { VerifyFlowRequest } from './verify-request.ts';

export interface FlowVerification {
  readonly flow: string;
  /** In the order of the flow's topics and partitions; those that could not be compared are in the diagnostics. */
  readonly partitions: readonly PartitionComparison[];
  /** Topics whose records go by key, each as a whole; absent: none. */
  readonly byKey?: readonly ByKeyComparison[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Compares the mirrored partitions of a flow. Throws a ClusterFault where a cluster cannot be read. */
export async function verifyFlow(request: VerifyFlowRequest): Promise<FlowVerification> {
  const { flow, source, target, positions, clock } = request;
  const mirrored = await readMirroredPartitions({ flow, source, target, positions, clock });
  const { wanted, diagnostics } = wantedPartitions(flow, mirrored);
  const progress = await openProgress(request, wanted);
  let failure: unknown;
  const compared = await compareAll(request, wanted, progress).finally(async () => {
    failure = await progress.book?.close();
  });
  const byKey = await compareAllByKey(request, wanted.length);
  return {
    flow: flow.name,
    partitions: compared.flatMap((one) => ('severity' in one ? [] : [one])),
    byKey: byKey.flatMap((one) => ('severity' in one ? [] : [one])),
    diagnostics: [
      ...diagnostics,
      ...[...compared, ...byKey].flatMap((one) => ('severity' in one ? [one] : [])),
      ...(failure === undefined ? [] : [notKept(flow.name, failure)]),
    ],
  };
}

function wantedPartitions(flow: VerifyFlowRequest['flow'], mirrored: MirroredPartitions) {
  const diagnostics: Diagnostic[] = [];
  const wanted: MirroredPartition[] = [];
  for (const { source: topic, sourcePartitions, byKey } of flow.topics) {
    if (byKey !== undefined) continue;
    const left: number[] = [];
    for (let partition = 0; partition < sourcePartitions; partition += 1) {
      const found = mirrored.get(partitionKey({ topic, partition }));
      if (found === undefined) left.push(partition);
      else wanted.push(found);
    }
    if (left.length > 0) diagnostics.push(notMirrored(flow.name, topic, left, sourcePartitions));
  }
  return { wanted, diagnostics };
}

async function compareAll(
  request: VerifyFlowRequest,
  wanted: readonly MirroredPartition[],
  progress: FlowProgress,
): Promise<readonly (PartitionComparison | Diagnostic)[]> {
  const { flow, compacted, clock, onProgress } = request;
  const logs = {
    source: withRecentLeaders(request.source, clock),
    target: withRecentLeaders(request.target, clock),
  };
  const memory = createMemory(memoryBytesMax);
  let records = 0n;
  let partitionsDone = 0;
  const tell = () => onProgress?.({ flow: flow.name, records, partitionsDone, partitions: wanted.length });
  const all = await pMap(
    wanted,
    async (mirrored): Promise<readonly (PartitionComparison | Diagnostic)[]> => {
      const { source, target } = mirrored;
      const isCompacted = compacted.source.has(source.topic) || compacted.target.has(target.topic);
      const verified = progress.partOf(mirrored).after?.nextSource ?? 0n;
      const { partition, diagnostics } = await comparable({ ...logs, clock }, flow.name, mirrored, {
        isCompacted,
        verified,
      });
      const part = progress.partOf(partition);
      const onRecords = (count: number) => {
        records += BigInt(count);
        tell();
      };
      const outcome = await compareOrSay(
        { ...request, ...logs },
        { memory, onRecords },
        partition,
        // What was left out must be said again by the next run; and below what is left out nothing can be gone on from.
        diagnostics.length === 0 ? part : { ...part, onVerified: undefined, after: undefined },
      );
      if ('equal' in outcome && !outcome.equal) part.onDifferent?.();
      partitionsDone += 1;
      tell();
      return [outcome, ...diagnostics];
    },
    { concurrency: partitionsAtOnceMax },
  );
  return all.flat();
}

/** Each as a whole, whatever the scope: records of its partitions have no place alone. */
async function compareAllByKey(request: VerifyFlowRequest, partitions: number) {
  const memory = createMemory(memoryBytesMax);
  let records = 0n;
  const onRecords = (count: number) => {
    records += BigInt(count);
    request.onProgress?.({ flow: request.flow.name, records, partitionsDone: partitions, partitions });
  };
  const compared: (ByKeyComparison | Diagnostic)[] = [];
  for (const topic of request.flow.topics.filter((one) => one.byKey !== undefined)) {
    compared.push(await compareByKeyOrSay(request, memory, topic, onRecords));
  }
  return compared;
}

async function compareByKeyOrSay(
  { flow, source, target, compacted, byKey, clock, signal }: VerifyFlowRequest,
  memory: VerifyMemory,
  topic: Flow['topics'][number],
  onRecords: (records: number) => void,
): Promise<ByKeyComparison | Diagnostic> {
  const found = byKey?.get(topic.source);
  if (found === undefined || topic.byKey === undefined) {
    const partitions = Array.from({ length: topic.sourcePartitions }, (_, partition) => partition);
    return notMirrored(flow.name, topic.source, partitions, topic.sourcePartitions);
  }
  const world = { source, target, clock, memory, signal, onRecords };
  const cleaned = { source: compacted.source.has(topic.source), target: compacted.target.has(topic.target) };
  try {
    return cleaned.source || cleaned.target
      ? await verifyCompactedByKey(world, found, topic.byKey, cleaned)
      : await verifyByKey(world, found, topic.byKey);
  } catch (error) {
    if (!(error instanceof CorruptBatchError)) throw error;
    return notReadable(flow.name, `${topic.source} or ${topic.target}`, error);
  }
}

async function compareOrSay(
  { flow, source, target, compacted, clock, signal }: VerifyFlowRequest,
  { memory, onRecords }: { readonly memory: VerifyMemory; readonly onRecords: (records: number) => void },
  partition: MirroredPartition,
  part: PartitionPart,
): Promise<PartitionComparison | Diagnostic> {
  const cleaned = {
    source: compacted.source.has(partition.source.topic),
    target: compacted.target.has(partition.target.topic),
  };
  try {
    return await verifyPartition({ source, target, clock, memory, signal, onRecords }, partition, cleaned, part);
  } catch (error) {
    if (!(error instanceof CorruptBatchError)) throw error;
    return notReadable(flow.name, `${partitionKey(partition.source)} or ${partitionKey(partition.target)}`, error);
  }
}
