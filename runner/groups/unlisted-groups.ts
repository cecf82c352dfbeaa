import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { flowAddress } from '../../src/execution-plan/address.ts';
import type { LogReader } from '../engines/native/ports.ts';
import { ClusterFault } from '../kafka/cluster-fault.ts';

/** Kafka keeps there what groups have committed; the leader of a group's partition coordinates it, and lists it. */
const offsetsTopic = '__consumer_offsets';

/**
 * Why groups may be missing from the lists of a cluster's brokers: a partition that holds groups has no leader. Null where all
 * are listed; `refused` where the user may not see the topic, so that nobody can tell.
 */
export async function unlistedGroups(flow: string, log: LogReader): Promise<Diagnostic | 'refused' | null> {
  const described = await log.describeTopics([offsetsTopic]).catch(refusal);
  if (described === 'refused') return described;
  const leaders = described.get(offsetsTopic)?.leaders ?? [];
  const away = leaders.flatMap((leader, partition) => (leader < 0 ? [partition] : []));
  if (away.length === 0) return null;
  const places = away.length === 1 ? `partition ${away[0]}` : `${away.length} of ${leaders.length} partitions`;
  return diagnostic('KP6057', {
    address: flowAddress(flow),
    summary: `Groups of flow ${flow} may be missing: ${places} of ${offsetsTopic} on cluster ${log.cluster} without a leader.`,
  });
}

function refusal(error: unknown): 'refused' {
  if (error instanceof ClusterFault && !error.retriable) return 'refused';
  throw error;
}
