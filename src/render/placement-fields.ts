import type { TopicState } from '../execution-plan/execution-plan.ts';
import { type BrokerCounts, leadersByBroker, replicasByBroker } from '../resources/topic/placement/replica-counts.ts';
import type { ChangedField } from './change-fields.ts';

/** Brokers that get a line of their own; those of a large cluster are summed up. */
const brokersShownMax = 12;

/** What a reassignment does to each broker: `replicas on broker 1 = 6 -> 4`; none where the plan moves no replicas. */
export function placementFields(before: TopicState | null, after: TopicState | null): readonly ChangedField[] {
  if (before?.replicas === undefined || after?.replicas === undefined) return [];
  return [
    ...countFields('replicas', replicasByBroker(before.replicas), replicasByBroker(after.replicas)),
    ...countFields('preferred leaders', leadersByBroker(before.replicas), leadersByBroker(after.replicas)),
  ];
}

function countFields(what: string, before: BrokerCounts, after: BrokerCounts): ChangedField[] {
  const changed = [...new Set([...before.keys(), ...after.keys()])]
    .sort((a, b) => a - b)
    .filter((broker) => before.get(broker) !== after.get(broker));
  const ownLine = changed.length > brokersShownMax ? changed.slice(0, brokersShownMax - 1) : changed;
  const others = changed.slice(ownLine.length);
  return [
    ...ownLine.map((broker) => countField(`${what} on broker ${broker}`, [broker], before, after)),
    ...(others.length === 0 ? [] : [countField(`${what} on ${others.length} more brokers`, others, before, after)]),
  ];
}

function countField(name: string, brokers: readonly number[], before: BrokerCounts, after: BrokerCounts): ChangedField {
  const sum = (counts: BrokerCounts) => brokers.reduce((total, broker) => total + (counts.get(broker) ?? 0), 0);
  return { name, before: sum(before), after: sum(after), isSetting: false };
}
