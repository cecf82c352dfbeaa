import type { ClusterSnapshot, TopicSnapshot } from '../../cluster/snapshot.ts';
import { compacts } from '../../rules/cleanup-policy.ts';
import type { DesiredTopic } from './desired-topic.ts';
import type { Finding } from './finding.ts';
import { hasOtherFactor } from './placement/plan-placement.ts';
import { valueProblem } from './setting-values.ts';

/** The limits of `policies` in the plan file. */
export interface TopicPolicies {
  readonly minReplicationFactor?: number;
  readonly maxPartitionsPerTopic?: number;
}

type Remark = Pick<Finding, 'code' | 'says' | 'fix'>;

/** What is wrong with, or worth knowing about, one wanted topic on its cluster. `known`: kplan applied it, or its flow, before. */
export function topicFindings(
  desired: DesiredTopic,
  cluster: ClusterSnapshot,
  policies: TopicPolicies,
  known: boolean,
): readonly Finding[] {
  const remarks = [
    ...againstLive(desired, cluster, known),
    ...againstBrokers(desired, cluster),
    ...againstSource(desired),
    ...againstPolicies(desired, policies),
  ];
  return remarks.map((remark) => ({ ...remark, address: desired.address, topic: desired.name }));
}

function againstLive(desired: DesiredTopic, cluster: ClusterSnapshot, known: boolean): Remark[] {
  const live = cluster.topics.get(desired.name);
  if (live === undefined) return [];
  const remarks: Remark[] = [];
  if (live.internal) remarks.push({ code: 'KP2123', says: `is internal to the brokers of ${cluster.name}` });
  const partitions = live.partitions.length;
  if (partitions > desired.partitions) {
    const says = `${desired.partitions} partitions are wanted, ${partitions} are there, and Kafka can not remove any`;
    const isDeclared = desired.mirrored === undefined;
    const other = isDeclared ? 'declare a new topic and move its clients there' : 'mirror into a topic of another name';
    const fix = `Set partitions: ${partitions}, or ${other}.`;
    remarks.push({ code: 'KP2102', says, fix });
  }
  if (partitions < desired.partitions) remarks.push(partitionsAdded(desired, live));
  if (hasOtherFactor(live.partitions, desired.replicationFactor)) {
    remarks.push(...otherFactor(desired, live, cluster.brokers.length));
  }
  if (!known && desired.mirrored !== undefined) remarks.push(notOurs(desired.mirrored.delivery, live, cluster.name));
  return remarks;
}

/** The mirror itself looks at every record that stands there; here is told what is certain. */
function notOurs(delivery: 'transactional' | 'idempotent', live: TopicSnapshot, cluster: string): Remark {
  const is = `is on ${cluster} already, and kplan did not make it`;
  const holdsRecords = (live.recordsMax ?? 0n) > 0n;
  return delivery === 'idempotent' && holdsRecords
    ? { code: 'KP2119', says: `${is}; it holds records` }
    : { code: 'KP2114', says: is };
}

/** A compacted topic certainly has keys, and compaction only ever looks at one partition. */
function partitionsAdded({ config, partitions, mirrored }: DesiredTopic, live: TopicSnapshot): Remark {
  const there = live.partitions.length;
  if (mirrored?.byKey !== undefined) {
    const says = `${partitions} partitions are wanted, ${there} are there, and records go to them by their keys`;
    return { code: 'KP2741', says, fix: `Set partitions: ${there}, or mirror into a topic of another name.` };
  }
  const policy = config['cleanup.policy'] ?? live.settings?.get('cleanup.policy')?.value ?? '';
  const says = compacts(policy)
    ? 'partitions are added to a compacted topic; keys that producers then put elsewhere keep their old value too'
    : 'partitions are added; producers that partition by key will put some keys elsewhere';
  return { code: 'KP2109', says };
}

/** Where more replicas than brokers are wanted there is nothing to move, and another finding says so. */
function otherFactor({ replicationFactor }: DesiredTopic, live: TopicSnapshot, brokers: number): Remark[] {
  if (replicationFactor > brokers) return [];
  const factors = live.partitions.map((one) => one.replicas.length);
  const [least, most] = [Math.min(...factors), Math.max(...factors)];
  const there = least === most ? `${most} is there` : `${least} to ${most} are there`;
  const says = `replication factor ${replicationFactor} is wanted, ${there}, and this version plans the reassignment without carrying it out`;
  const reassign =
    'with kafka-reassign-partitions.sh and a throttle; plan --format json holds where each replica goes, under after.replicas';
  const fix = least === most ? `Set replicationFactor: ${most}, or reassign ${reassign}.` : `Reassign ${reassign}.`;
  return [{ code: 'KP2103', says, fix }];
}

function againstBrokers(desired: DesiredTopic, cluster: ClusterSnapshot): Remark[] {
  const { replicationFactor, config } = desired;
  const remarks: Remark[] = [];
  const brokers = cluster.brokers.length;
  const live = cluster.topics.get(desired.name);
  const isPlaced = live !== undefined && !hasOtherFactor(live.partitions, replicationFactor);
  if (replicationFactor > brokers && !isPlaced) {
    const there = brokers === 1 ? '1 broker' : `${brokers} brokers`;
    const says = `replication factor ${replicationFactor} is wanted, and ${cluster.name} has ${there}`;
    remarks.push({ code: 'KP2105', says, fix: `Set replicationFactor to ${brokers} or less.` });
  }
  const inSync = Number(config['min.insync.replicas'] ?? 0);
  if (inSync > replicationFactor) {
    remarks.push({
      code: 'KP2106',
      says: `min.insync.replicas ${inSync} is above the replication factor ${replicationFactor}`,
    });
  }
  for (const [name, value] of Object.entries(config)) {
    const problem = valueProblem(name, value, cluster.kafkaVersion);
    if (problem !== undefined)
      remarks.push({ code: 'KP2116', says: `${name} is ${value}, and at ${cluster.name} it ${problem}` });
  }
  return remarks;
}

function againstSource({ mirrored, partitions }: DesiredTopic): Remark[] {
  if (mirrored === undefined || mirrored.byKey !== undefined) return [];
  const { sourcePartitions } = mirrored;
  if (partitions < sourcePartitions) {
    const says = `${partitions} partitions are wanted, fewer than the ${sourcePartitions} of its source`;
    return [{ code: 'KP2101', says }];
  }
  if (partitions === sourcePartitions) return [];
  return [{ code: 'KP2104', says: `gets ${partitions} partitions, its source has ${sourcePartitions}` }];
}

function againstPolicies(desired: DesiredTopic, policies: TopicPolicies): Remark[] {
  const { minReplicationFactor = 1, maxPartitionsPerTopic = Number.POSITIVE_INFINITY } = policies;
  const remarks: Remark[] = [];
  if (desired.replicationFactor < minReplicationFactor) {
    const says = `replication factor ${desired.replicationFactor} is below policies.minReplicationFactor ${minReplicationFactor}`;
    remarks.push({ code: 'KP2107', says });
  }
  if (desired.partitions > maxPartitionsPerTopic) {
    const says = `${desired.partitions} partitions are more than policies.maxPartitionsPerTopic ${maxPartitionsPerTopic}`;
    remarks.push({ code: 'KP2108', says });
  }
  return remarks;
}
