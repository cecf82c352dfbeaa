import {
  type Connection,
  describeAclsV3,
  describeClientQuotasV1,
  describeConfigsV4,
  metadataV12,
  offsetFetchV9,
} from '@platformatic/kafka';
import { type Cluster, openCluster } from '../../../runner/kafka/open.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { type Connections, openConnections } from '../../fixtures/records/connections.ts';
import { uniqueName } from '../../fixtures/records.ts';

/** DescribeConfigs: the value is set on the topic itself. */
const dynamicTopicConfig = 1;
/** DescribeConfigs: the resource is a topic. */
const topicResource = 2;
/** Of types, patterns, operations and permissions: ANY. */
const anyOf = 1;
const seenMsMax = 90_000;

export interface LiveTopic {
  readonly partitions: number;
  /** The fewest of its partitions; each stands on a broker of its own, and so in a rack of its own. */
  readonly replicationFactor: number;
  /** What is set on the topic itself. */
  readonly config: Readonly<Record<string, string | null>>;
}

/** What lives on a cluster, read by code that shares nothing with kplan's; and kplan's own ports as an administrator. */
export interface LiveCluster {
  /** What a person changes by hand. */
  readonly admin: Cluster;
  /** Resolves when every broker knows of all that was changed before. */
  seenByAll(): Promise<void>;
  /** Names of all topics. */
  topics(): Promise<readonly string[]>;
  /** Null where there is none. */
  topic(name: string): Promise<LiveTopic | null>;
  /** ACLs of resources whose name begins so: `User:a topic literal orders read allow *`, in order. */
  acls(prefix: string): Promise<readonly string[]>;
  /** The limits of every entity, by Kafka's words in order: `client-id=b,user=a`. */
  quotas(): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>>;
  /** Committed offsets of a group: `orders/0 at 5`. */
  committed(group: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** `bootstrap`: the listener of every broker on which everybody is a super user. */
export async function openLive(bootstrap: readonly string[]): Promise<LiveCluster> {
  const brokers = bootstrap.map((server) => openConnections([server]));
  const [first] = brokers;
  if (first === undefined) throw new Error('a cluster without brokers');
  const admin = await openCluster('admin', { bootstrap, addressMap: {} }, { env: {}, baseDirectory: '.' });
  return {
    admin,
    seenByAll: () => seenByAll(admin, brokers),
    topics: async () => liveTopics(await first.any()),
    topic: async (name) => liveTopic(await first.any(), name),
    acls: async (prefix) => liveAcls(await first.any(), prefix),
    quotas: async () => liveQuotas(await first.any()),
    committed: async (group) => liveOffsets(await first.groupCoordinatorOf(group), group),
    close: async () => {
      await Promise.all([admin.close(), ...brokers.map((one) => one.close())]);
    },
  };
}

/**
 * Brokers learn of changes one after the other, each in the order of the metadata log, and of ACLs last
 * (BrokerMetadataPublisher.scala): who knows an ACL made now knows everything before.
 */
async function seenByAll({ acls }: Cluster, brokers: readonly Connections[]): Promise<void> {
  const marker = { principal: 'User:marker', type: 'topic', pattern: 'literal', name: uniqueName('marker') };
  const acl = { ...marker, operation: 'read', permission: 'allow', host: '*' };
  const isKnown = async (count: number) => {
    for (const broker of brokers) {
      const connection = await broker.any();
      await eventually(
        'a broker knows',
        seenMsMax,
        async () => (await liveAcls(connection, acl.name)).length === count,
      );
    }
  };
  await acls.createAcls([acl]);
  await isKnown(1);
  await acls.deleteAcls([acl]);
  await isKnown(0);
}

async function liveTopics(connection: Connection): Promise<readonly string[]> {
  const { topics } = await metadataV12.api.async(connection, null, false, false);
  return topics.flatMap(({ name }) => name ?? []);
}

async function liveTopic(connection: Connection, name: string): Promise<LiveTopic | null> {
  if (!(await liveTopics(connection)).includes(name)) return null;
  const { topics } = await metadataV12.api.async(connection, [name], false, false);
  const partitions = topics[0]?.partitions ?? [];
  const asked = { resourceType: topicResource, resourceName: name } as const;
  const { results } = await describeConfigsV4.api.async(connection, [asked], false, false);
  const set = results[0]?.configs.filter((one) => one.configSource === dynamicTopicConfig) ?? [];
  return {
    partitions: partitions.length,
    replicationFactor: Math.min(...partitions.map(({ replicaNodes }) => new Set(replicaNodes).size)),
    config: Object.fromEntries(set.map((one) => [one.name, one.value ?? null])),
  };
}

async function liveAcls(connection: Connection, prefix: string): Promise<readonly string[]> {
  const any = { resourceType: anyOf, resourcePatternType: anyOf, operation: anyOf, permissionType: anyOf } as const;
  const filter = { ...any, resourceName: null, principal: null, host: null };
  const { resources } = await describeAclsV3.api.async(connection, filter);
  const lines = resources.flatMap(({ resourceType, resourcePatternType, resourceName, acls }) => {
    const resource = [resourceTypes[resourceType], resourcePatternType === 3 ? 'literal' : 'prefixed', resourceName];
    return acls.map(({ principal, operation, permissionType, host }) => ({
      resourceName,
      line: [principal, ...resource, operations[operation], permissionType === 2 ? 'deny' : 'allow', host].join(' '),
    }));
  });
  return lines
    .filter(({ resourceName }) => resourceName.startsWith(prefix))
    .map(({ line }) => line)
    .sort();
}

async function liveQuotas(connection: Connection): Promise<Record<string, Record<string, number>>> {
  const { entries } = await describeClientQuotasV1.api.async(connection, [], false);
  return Object.fromEntries(
    (entries ?? []).map(({ entity, values }) => [
      entity
        .map((one) => `${one.entityType}=${one.entityName ?? '<default>'}`)
        .sort()
        .join(),
      Object.fromEntries(values.map(({ key, value }) => [key, value])),
    ]),
  );
}

async function liveOffsets(coordinator: Connection, groupId: string): Promise<readonly string[]> {
  const asked = { groupId, memberId: null, memberEpoch: -1, topics: null };
  const { groups } = await offsetFetchV9.api.async(coordinator, [asked], false);
  return (groups[0]?.topics ?? []).flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, committedOffset }) => `${name}/${partitionIndex} at ${committedOffset}`),
  );
}

/** By their numbers in org.apache.kafka.common.resource.ResourceType and org.apache.kafka.common.acl.AclOperation. */
const resourceTypes = ['', 'any', 'topic', 'group', 'cluster', 'transactional-id', 'delegation-token', 'user'];
const operations = [
  ...['', 'any', 'all', 'read', 'write', 'create', 'delete', 'alter', 'describe', 'cluster-action'],
  ...['describe-configs', 'alter-configs', 'idempotent-write', 'create-tokens', 'describe-tokens'],
];
