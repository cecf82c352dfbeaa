import pMap from 'p-map';
import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { flowAddress } from '../../src/execution-plan/address.ts';
import type { Flow } from '../../src/migration/migration.ts';
import type { Clock, LogReader } from '../engines/native/ports.ts';
import type { StoredPosition } from '../engines/native/positions.ts';
import { type MirroredPartition, partitionKey } from '../groups/mirrored-partition.ts';
import { readMirroredPartitions } from '../groups/read-mirrored-partitions.ts';
import { CorruptBatchError } from '../records/corrupt-batch.ts';
import { memoryBytesMax, partitionsAtOnceMax } from './limits.ts';
import { createMemory, type VerifyMemory } from './memory.ts';
import { type PartitionComparison, verifyPartition } from './verify-partition.ts';

export interface VerifyFlowRequest {
  readonly flow: Pick<Flow, 'name' | 'topics'>;
  readonly source: LogReader;
  readonly target: LogReader;
  /** The flow's positions: where each partition's comparison ends. */
  readonly positions: readonly StoredPosition[];
  /** Topics whose `cleanup.policy` holds `compact`. */
  readonly compacted: { readonly source: ReadonlySet<string>; readonly target: ReadonlySet<string> };
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

export interface VerifyProgress {
  readonly flow: string;
  readonly records: bigint;
  readonly partitionsDone: number;
  readonly partitions: number;
}

export interface FlowVerification {
  readonly flow: string;
  /** In the order of the flow's topics and partitions; those that could not be compared are in the diagnostics. */
  readonly partitions: readonly PartitionComparison[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Compares all mirrored partitions of a flow. Throws a ClusterFault where a cluster cannot be read. */
export async function verifyFlow(request: VerifyFlowRequest): Promise<FlowVerification> {
  const { flow, source, target, positions, clock } = request;
  const mirrored = await readMirroredPartitions({ flow, source, target, positions, clock });
  const diagnostics: Diagnostic[] = [];
  const wanted: MirroredPartition[] = [];
  for (const { source: topic, sourcePartitions, byKey } of flow.topics) {
    if (byKey !== undefined) {
      diagnostics.push(notComparedByKey(flow.name, topic));
      continue;
    }
    const left: number[] = [];
    for (let partition = 0; partition < sourcePartitions; partition += 1) {
      const found = mirrored.get(partitionKey({ topic, partition }));
      if (found === undefined) left.push(partition);
      else wanted.push(found);
    }
    if (left.length > 0) diagnostics.push(notMirrored(flow.name, topic, left, sourcePartitions));
  }
  let records = 0n;
  let partitionsDone = 0;
  const tell = () => {
    request.onProgress?.({ flow: flow.name, records, partitionsDone, partitions: wanted.length });
  };
  const memory = createMemory(memoryBytesMax);
  const compared = await pMap(
    wanted,
    async (partition) => {
      const outcome = await compareOrSay(request, memory, partition, (count) => {
        records += BigInt(count);
        tell();
      });
      partitionsDone += 1;
      tell();
      return outcome;
    },
    { concurrency: partitionsAtOnceMax },
  );
  const partitions: PartitionComparison[] = [];
  for (const one of compared) {
    if ('severity' in one) diagnostics.push(one);
    else partitions.push(one);
  }
  return { flow: flow.name, partitions, diagnostics };
}

async function compareOrSay(
  { flow, source, target, compacted, clock, signal }: VerifyFlowRequest,
  memory: VerifyMemory,
  partition: MirroredPartition,
  onRecords: (records: number) => void,
): Promise<PartitionComparison | Diagnostic> {
  const { topic } = partition.source;
  try {
    return await verifyPartition({ source, target, clock, memory, signal, onRecords }, partition, {
      source: compacted.source.has(topic),
      target: compacted.target.has(partition.target.topic),
    });
  } catch (error) {
    if (!(error instanceof CorruptBatchError)) throw error;
    const names = `${partitionKey(partition.source)} or ${partitionKey(partition.target)}`;
    return diagnostic('KP6009', {
      address: flowAddress(flow.name),
      summary: `A record batch of ${names} at offset ${error.baseOffset} cannot be read: ${error.reason}.`,
      fix: 'Read that offset with another tool; a replica of the partition may hold the batch undamaged.',
    });
  }
}

function notComparedByKey(flow: string, topic: string): Diagnostic {
  const summary = `${topic}: its records go by key, and this version does not compare them.`;
  return diagnostic('KP6020', { address: flowAddress(flow), summary });
}

/** Partitions that a message names; of more, only how many they are is told. */
const partitionsNamedMax = 20;

function notMirrored(flow: string, topic: string, left: readonly number[], partitions: number): Diagnostic {
  const named = left.length < partitions && left.length <= partitionsNamedMax ? ` (${left.join(', ')})` : '';
  const some = `${left.length} of ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`;
  return diagnostic('KP6009', {
    address: flowAddress(flow),
    summary: `${topic}: ${some}${named} without a position: not mirrored yet, or the topic was made again.`,
  });
}
