import { metadataV9, metadataV11, metadataV12 } from '@platformatic/kafka';
import { sharedValues } from '../../src/cluster/shared-values.ts';
import { candidate, type Request } from './connection.ts';
import { errorName } from './error-table.ts';

type MetadataResponse = metadataV12.MetadataResponse;

/** What Metadata tells of a cluster and of the topics that were asked for. */
export interface ClusterMetadata {
  readonly clusterId: string;
  /** Where CreateTopics and the like go; -1 where there is none now. */
  readonly controller: number;
  readonly brokers: readonly BrokerMetadata[];
  readonly topics: readonly TopicMetadata[];
}

export interface BrokerMetadata {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string;
}

export interface TopicMetadata {
  readonly name: string;
  readonly error: string | null;
  /** As Kafka prints it (URL-safe base64); absent on clusters before 2.8. */
  readonly topicId?: string;
  readonly internal: boolean;
  /** Ordered by partition number. */
  readonly partitions: readonly PartitionMetadata[];
}

export interface PartitionMetadata {
  readonly partition: number;
  readonly error: string | null;
  /** -1 where there is none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly inSyncReplicas: readonly number[];
}

/**
 * Metadata of the topics named, of all with `null`, of none with `[]`; never creates a topic. `withRights`: with what this
 * user may do to each (KIP-430).
 */
export function metadataRequest(
  topics: readonly string[] | null,
  { withRights = false }: { readonly withRights?: boolean } = {},
): Request<MetadataResponse> {
  const wanted = topics === null ? null : [...topics];
  return {
    name: 'Metadata',
    tolerant: true,
    candidates: [
      candidate(metadataV12.api, wanted, false, withRights),
      candidate(metadataV11.api, wanted, false, withRights),
      candidate(metadataV9.api, wanted, false, withRights),
    ],
  };
}

/** Partitions with the same replicas share their list. */
export function clusterMetadata(answer: MetadataResponse): ClusterMetadata {
  const lists = sharedValues<readonly number[]>();
  const shared = (list: readonly number[]) => lists(list.join(), () => list);
  return {
    clusterId: answer.clusterId ?? '',
    controller: answer.controllerId,
    brokers: answer.brokers.map(({ nodeId, host, port, rack }) => ({
      id: nodeId,
      host,
      port,
      ...(rack === null || rack === undefined ? {} : { rack }),
    })),
    topics: answer.topics.map((topic) => topicMetadata(topic, shared)),
  };
}

type Shared = (list: readonly number[]) => readonly number[];

function topicMetadata(topic: MetadataResponse['topics'][number], shared: Shared): TopicMetadata {
  const topicId = kafkaUuid(topic.topicId);
  return {
    name: topic.name ?? '',
    error: errorName(topic.errorCode),
    ...(topicId === undefined ? {} : { topicId }),
    internal: topic.isInternal,
    partitions: topic.partitions
      .map((one) => ({
        partition: one.partitionIndex,
        error: errorName(one.errorCode),
        leader: one.leaderId,
        replicas: shared(one.replicaNodes),
        inSyncReplicas: shared(one.isrNodes),
      }))
      .sort((a, b) => a.partition - b.partition),
  };
}

/** A hyphenated UUID as Kafka's tools print it; undefined for the zero UUID, which means none. */
export function kafkaUuid(uuid: string): string | undefined {
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
  return bytes.every((one) => one === 0) ? undefined : bytes.toString('base64url');
}
