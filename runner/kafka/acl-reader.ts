import {
  type describeAclsV3 as DescribeAcls,
  type describeClusterV1 as DescribeCluster,
  describeAclsV2,
  describeAclsV3,
  describeClusterV0,
  describeClusterV1,
  describeConfigsV4,
  ResourcePatternTypes,
  ResourceTypes,
} from '@platformatic/kafka';
import { type AclSnapshot, noAuthorizer } from '../../src/cluster/acl.ts';
import { aclsOfAnswer, operationsOf } from './acl-codes.ts';
import { brokerFault } from './broker-fault.ts';
import { type ClusterClient, purposes } from './cluster-client.ts';
import { candidate, type Request } from './connection.ts';
import { errorName } from './error-table.ts';
import type { ConnectionSettings } from './settings.ts';

/** DescribeAcls' code for any operation and any permission. */
const any = 1;

/** All ACLs of the cluster, and what it tells of kplan's own rights. Throws a ClusterFault. */
export async function describeAcls(client: ClusterClient): Promise<AclSnapshot> {
  const entries = await listAcls(client);
  if (entries === null) return noAuthorizer;
  const [clusterOperations, settings] = await Promise.all([describeClusterRights(client), brokerSettings(client)]);
  const principal = ownPrincipal(client.settings, settings);
  return {
    authorizer: true,
    entries,
    everyoneIfNone: everyoneIfNone(settings),
    ...superUsers(settings),
    ...(principal === undefined ? {} : { principal }),
    ...(clusterOperations === undefined ? {} : { clusterOperations }),
  };
}

/** Who kplan is to the brokers; undefined where they alone know. Throws a ClusterFault. */
export async function describePrincipal(client: ClusterClient): Promise<string | undefined> {
  return ownPrincipal(client.settings, await brokerSettings(client));
}

/** null: the cluster has no authorizer. */
async function listAcls(client: ClusterClient) {
  const filter = {
    resourceType: ResourceTypes.ANY,
    resourceName: null,
    resourcePatternType: ResourcePatternTypes.ANY,
    principal: null,
    host: null,
    operation: any,
    permissionType: any,
  } as const;
  const request: Request<DescribeAcls.DescribeAclsResponse> = {
    name: 'DescribeAcls',
    tolerant: true,
    candidates: [candidate(describeAclsV3.api, filter), candidate(describeAclsV2.api, filter)],
  };
  return client.ask({ to: 'any' }, request, (answer, place) => {
    const error = errorName(answer.errorCode);
    if (error === 'SECURITY_DISABLED') return null;
    if (error !== null) throw brokerFault(place, { errorName: error, message: answer.errorMessage });
    return aclsOfAnswer(answer.resources);
  });
}

/** The endpoint type of DescribeCluster: 1 is the brokers. */
const brokerEndpoints = 1;

/** What this user may do to the cluster resource (KIP-430); undefined where the brokers do not tell. */
export async function describeClusterRights(client: ClusterClient): Promise<readonly string[] | undefined> {
  const request: Request<DescribeCluster.DescribeClusterResponse> = {
    name: 'DescribeCluster',
    tolerant: true,
    candidates: [
      candidate(describeClusterV1.api, true, brokerEndpoints),
      candidate(describeClusterV0.api, true, brokerEndpoints),
    ],
  };
  return client.ask({ to: 'any' }, request, (answer) =>
    answer.errorCode === 0 ? operationsOf(answer.clusterAuthorizedOperations) : undefined,
  );
}

const brokerResource = 4;
const settingNames = {
  everyone: 'allow.everyone.if.no.acl.found',
  superUsers: 'super.users',
  authorizer: 'authorizer.class.name',
  principals: 'principal.builder.class',
} as const;

/** null: set, but kept to itself by the broker. */
type BrokerSettings = ReadonlyMap<string, string | null>;

/**
 * What a broker says of its own settings; undefined where kplan may not ask. A setting that nobody wrote down is absent,
 * and one whose type Kafka does not know, as those of the authorizer, is there without its value.
 */
async function brokerSettings(client: ClusterClient): Promise<BrokerSettings | undefined> {
  const { brokers } = await client.metadata([]);
  const [broker] = brokers;
  if (broker === undefined) return undefined;
  const configurationKeys = Object.values(settingNames);
  const resource = { resourceType: brokerResource, resourceName: String(broker.id), configurationKeys } as const;
  const request: Request<describeConfigsV4.DescribeConfigsResponse> = {
    name: 'DescribeConfigs',
    tolerant: true,
    candidates: [candidate(describeConfigsV4.api, [resource], false, false)],
  };
  const target = { to: 'broker', id: broker.id, purpose: purposes.control } as const;
  return client.ask(target, request, (answer) => {
    const [result] = answer.results;
    if (result === undefined || result.errorCode !== 0) return undefined;
    return new Map(result.configs.map(({ name, value }) => [name, value ?? null]));
  });
}

/** Kafka's own authorizers take false for a setting that is not there; what another one takes is not known. */
function everyoneIfNone(settings: BrokerSettings | undefined): AclSnapshot['everyoneIfNone'] {
  if (settings === undefined) return 'unknown';
  const value = settings.get(settingNames.everyone);
  if (value === 'true') return 'yes';
  if (value === 'false') return 'no';
  return value === undefined && isKafkaOwn(settings.get(settingNames.authorizer)) ? 'no' : 'unknown';
}

function superUsers(settings: BrokerSettings | undefined): Pick<AclSnapshot, 'superUsers'> {
  if (settings === undefined) return {};
  const value = settings.get(settingNames.superUsers);
  if (typeof value === 'string') return { superUsers: value.split(';').filter((one) => one !== '') };
  return value === undefined && isKafkaOwn(settings.get(settingNames.authorizer)) ? { superUsers: [] } : {};
}

function isKafkaOwn(className: string | null | undefined): boolean {
  return className?.startsWith('org.apache.kafka.') === true || className?.startsWith('kafka.security.') === true;
}

/** What the brokers call us, where that is no matter of their mapping rules, their own classes or a token's claims. */
function ownPrincipal({ sasl, tls }: ConnectionSettings, settings: BrokerSettings | undefined): string | undefined {
  const builder = settings?.get(settingNames.principals);
  if (typeof builder === 'string' && !isKafkaOwn(builder)) return undefined;
  if (sasl === undefined) return tls?.cert === undefined ? 'User:ANONYMOUS' : undefined;
  return sasl.mechanism === 'OAUTHBEARER' ? undefined : `User:${sasl.username}`;
}
