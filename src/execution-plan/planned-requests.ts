import type { Planned, PlannedRequests } from '../cluster/requests.ts';
import { quotaAlteration } from '../resources/quota/quota-requests.ts';
import { morePartitions, newTopic, topicAlteration } from '../resources/topic/topic-requests.ts';
import { parseAddress } from './address.ts';
import type { Change, ChangeOf } from './execution-plan.ts';

type Requests = { -readonly [K in keyof PlannedRequests]: PlannedRequests[K][number][] };

/**
 * What the plan's steps will send, by cluster, as far as brokers can be asked for it beforehand: Kafka has no trial run of
 * ACLs and of deletions.
 */
export function plannedRequests(changes: readonly Change[]): ReadonlyMap<string, PlannedRequests> {
  const found = new Map<string, Requests>();
  for (const change of changes) {
    const parsed = parseAddress(change.address);
    if (parsed === null || !('cluster' in parsed) || change.action === 'no-op') continue;
    const requests = found.get(parsed.cluster) ?? noRequests();
    found.set(parsed.cluster, requests);
    if (change.kind === 'quota') requests.AlterClientQuotas.push(planned(change, quotaAlteration(change)));
    if (change.kind === 'topic' && parsed.kind === 'topic') addTopic(change, parsed.name, requests);
  }
  return found;
}

function noRequests(): Requests {
  return { CreateTopics: [], CreatePartitions: [], IncrementalAlterConfigs: [], AlterClientQuotas: [] };
}

function addTopic(change: ChangeOf<'topic'>, topic: string, requests: Requests): void {
  const { before, after } = change;
  if (after === null) return;
  if (before === null) {
    requests.CreateTopics.push(planned(change, newTopic(topic, after)));
    return;
  }
  const alteration = topicAlteration(topic, before, after);
  if (Object.keys(alteration.settings).length > 0) {
    requests.IncrementalAlterConfigs.push(planned(change, alteration));
  }
  if (after.partitions > before.partitions) {
    requests.CreatePartitions.push(planned(change, morePartitions(topic, after)));
  }
}

function planned<Request>({ address }: Change, request: Request): Planned<Request> {
  return { ...request, address };
}
