import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { flowAddress } from '../../src/execution-plan/address.ts';
import { ClusterFault } from '../kafka/cluster-fault.ts';
import type { CorruptBatchError } from '../records/corrupt-batch.ts';

/** A batch of one side is damaged. */
export function notReadable(flow: string, names: string, { baseOffset, reason }: CorruptBatchError): Diagnostic {
  return diagnostic('KP6009', {
    address: flowAddress(flow),
    summary: `A record batch of ${names} at offset ${baseOffset} cannot be read: ${reason}.`,
    fix: 'Read that offset with another tool; a replica of the partition may hold the batch undamaged.',
  });
}

/** Partitions that a message names; of more, only how many they are is told. */
const partitionsNamedMax = 20;

/** `left` of the topic's partitions have no position. */
export function notMirrored(flow: string, topic: string, left: readonly number[], partitions: number): Diagnostic {
  const named = left.length < partitions && left.length <= partitionsNamedMax ? ` (${left.join(', ')})` : '';
  const some = `${left.length} of ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`;
  return diagnostic('KP6009', {
    address: flowAddress(flow),
    summary: `${topic}: ${some}${named} without a position: not mirrored yet, or the topic was made again.`,
  });
}

/** The run's outcome holds; only the next one begins further back. */
export function notKept(flow: string, failure: unknown): Diagnostic {
  const why = failure instanceof ClusterFault ? failure.diagnostic.summary : String(failure);
  return diagnostic('KP6060', {
    address: flowAddress(flow),
    summary: `How far flow ${flow} is verified could not be kept; the next run compares it anew.`,
    detail: why,
  });
}
