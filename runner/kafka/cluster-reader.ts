import type { ClusterReader } from '../../src/cluster/ports.ts';
import type { TopicSnapshot } from '../../src/cluster/snapshot.ts';
import { describeAcls, describePrincipal } from './acl-reader.ts';
import { brokerFault } from './broker-fault.ts';
import type { ClusterClient } from './cluster-client.ts';
import { kafkaError } from './error-table.ts';
import { listGroups } from './group-listing.ts';
import { kafkaVersion } from './kafka-version.ts';
import { type LeavingReplicas, leavingReplicas } from './leaving-replicas.ts';
import type { TopicMetadata } from './metadata.ts';
import { readProgress } from './progress-reader.ts';
import { describeQuotas } from './quota-reader.ts';
import { recordsMaxOf } from './record-counts.ts';
import { heldRights } from './rights-reader.ts';
import { describeTopicSettings, newTopicSettings } from './topic-settings.ts';
import { validate } from './validate.ts';

/** What planning asks. Nothing here changes a cluster: what would is sent with `validateOnly` alone. */
export function openReader(client: ClusterClient): ClusterReader {
  return {
    async describeCluster() {
      const { clusterId, brokers } = await client.metadata([]);
      const version = kafkaVersion(await client.abilities());
      return { clusterId, brokers, ...(version === undefined ? {} : { kafkaVersion: version }) };
    },
    async listTopics() {
      const [{ topics }, leaving] = await Promise.all([client.metadata(null), leavingReplicas(client)]);
      return topics.flatMap((topic) => snapshotOf(client.settings.cluster, topic, leaving));
    },
    describeTopicSettings: (topics) => describeTopicSettings(client, topics),
    newTopicSettings: () => newTopicSettings(client),
    recordsMaxOf: (topics) => recordsMaxOf(client, topics),
    listGroups: () => listGroups(client),
    readProgress: (scope) => readProgress(client, scope),
    describeAcls: () => describeAcls(client),
    describeQuotas: () => describeQuotas(client),
    validate: (requests) => validate(client, requests),
    heldRights: (accesses) => heldRights(client, accesses),
    principal: () => describePrincipal(client),
  };
}

const noneLeave: ReadonlyMap<number, readonly number[]> = new Map();

/** A topic that is being deleted is absent. */
function snapshotOf(cluster: string, topic: TopicMetadata, leaving: LeavingReplicas): TopicSnapshot[] {
  if (topic.error === 'UNKNOWN_TOPIC_OR_PARTITION' || topic.error === 'UNKNOWN_TOPIC_ID') return [];
  if (topic.error !== null && kafkaError(topic.error).retry === 'never') {
    throw brokerFault({ cluster, request: 'Metadata' }, { errorName: topic.error, resource: topic.name });
  }
  const { name, topicId, internal } = topic;
  const leavingHere = leaving.get(name) ?? noneLeave;
  const partitions = topic.partitions.map(({ partition, leader, replicas, inSyncReplicas }) => {
    const gone = leavingHere.get(partition);
    const staying = gone === undefined ? replicas : replicas.filter((replica) => !gone.includes(replica));
    return { partition, leader, replicas: staying, inSyncReplicas };
  });
  return [{ name, ...(topicId === undefined ? {} : { topicId }), internal, partitions }];
}
