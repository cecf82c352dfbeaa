import type { DiagnosticCode } from '../../src/diagnostics/codes.ts';
import { type ClusterFault, clusterFault, type FaultPlace } from './cluster-fault.ts';
import { isFencing, kafkaError } from './error-table.ts';

/** The ACL that a request needs, by Kafka's request and the kind of resource that was refused (Kafka docs, "Security"). */
const neededOperations: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  topic: {
    Fetch: 'READ',
    ListOffsets: 'DESCRIBE',
    Metadata: 'DESCRIBE',
    OffsetFetch: 'DESCRIBE',
    TxnOffsetCommit: 'READ',
    Produce: 'WRITE',
    AddPartitionsToTxn: 'WRITE',
    CreateTopics: 'CREATE',
    CreatePartitions: 'ALTER',
    DescribeConfigs: 'DESCRIBE_CONFIGS',
    IncrementalAlterConfigs: 'ALTER_CONFIGS',
  },
  group: {
    FindCoordinator: 'DESCRIBE',
    OffsetFetch: 'DESCRIBE',
    DescribeGroups: 'DESCRIBE',
    ConsumerGroupDescribe: 'DESCRIBE',
    AddOffsetsToTxn: 'READ',
    TxnOffsetCommit: 'READ',
  },
  transactionalId: {
    FindCoordinator: 'DESCRIBE',
    InitProducerId: 'WRITE',
    AddPartitionsToTxn: 'WRITE',
    AddOffsetsToTxn: 'WRITE',
    TxnOffsetCommit: 'WRITE',
    EndTxn: 'WRITE',
    Produce: 'WRITE',
  },
  cluster: {
    CreateTopics: 'CREATE',
    ListGroups: 'DESCRIBE',
    DescribeAcls: 'DESCRIBE',
    CreateAcls: 'ALTER',
    DeleteAcls: 'ALTER',
    InitProducerId: 'IDEMPOTENT_WRITE',
  },
};

const refusedResources: Readonly<Record<string, string>> = {
  TOPIC_AUTHORIZATION_FAILED: 'topic',
  GROUP_AUTHORIZATION_FAILED: 'group',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'transactionalId',
  CLUSTER_AUTHORIZATION_FAILED: 'cluster',
};

export interface BrokerError {
  /** Kafka's name of the error. */
  readonly errorName: string;
  /** The broker's own words, where it has some. */
  readonly message?: string | null | undefined;
  /** What the request was about: a topic's, group's or transactional id's name. */
  readonly resource?: string | undefined;
}

/** A fault from an error code of a broker's answer: also for errors of single partitions that end a flow. */
export function brokerFault(place: FaultPlace, error: BrokerError): ClusterFault {
  const { errorName } = error;
  const known = kafkaError(errorName);
  const subject = error.resource === undefined ? '' : ` for "${error.resource}"`;
  const base = { ...place, errorName, retry: known.retry, detail: detailOf(place, error) };
  const kind = refusedResources[errorName];
  if (kind !== undefined) return clusterFault({ ...base, ...permission(place, kind, error.resource) });
  if (isFencing(errorName)) {
    const summary = `Another process has taken over${error.resource === undefined ? '' : ` "${error.resource}"`} on cluster "${place.cluster}".`;
    return clusterFault({ ...base, code: 'KP3016', summary });
  }
  return clusterFault({
    ...base,
    code: codeOf(errorName),
    summary: `Cluster "${place.cluster}" answers ${errorName} to ${place.request}${subject}.`,
    fix: known.advice === '' ? undefined : known.advice,
  });
}

function codeOf(errorName: string): DiagnosticCode {
  if (errorName === 'UNSUPPORTED_VERSION') return 'KP3014';
  if (errorName === 'SASL_AUTHENTICATION_FAILED' || errorName === 'UNSUPPORTED_SASL_MECHANISM') return 'KP3009';
  return kafkaError(errorName).retry === 'never' ? 'KP3012' : 'KP3013';
}

function permission(place: FaultPlace, kind: string, resource: string | undefined) {
  const operation = neededOperations[kind]?.[place.request];
  const shown = kind === 'transactionalId' ? 'transactional id' : kind;
  const name = kind === 'cluster' ? 'the cluster' : `${shown} ${resource === undefined ? '' : `"${resource}"`}`.trim();
  const needs = operation === undefined ? 'an operation' : operation;
  return {
    code: 'KP3010',
    summary: `The user of cluster "${place.cluster}" is not allowed ${needs} on ${name} (${place.request}).`,
    fix: `Give it the ACL ${needs} on ${name}, then run the command again.`,
  } as const;
}

function detailOf(place: FaultPlace, error: BrokerError): string | undefined {
  const said =
    error.message === undefined || error.message === null || error.message === ''
      ? []
      : [`The broker says: ${error.message}`];
  const where = place.broker === undefined ? [] : [`Broker ${place.broker}.`];
  return [...said, ...where].join(' ') || undefined;
}
