import type { ClusterReader } from '../../src/cluster/ports.ts';
import type { ClusterDefinition } from '../../src/migration/migration.ts';
import { systemClock } from '../engines/native/clock.ts';
import type { Clock, TransactionalLog } from '../engines/native/ports.ts';
import type { AclWriter, GroupReader, GroupWriter, QuotaWriter, TopicWriter } from '../ports.ts';
import { openAclWriter } from './acl-writer.ts';
import { clusterClient } from './cluster-client.ts';
import { openReader } from './cluster-reader.ts';
import { openGroupReader } from './group-reader.ts';
import { openGroupWriter } from './group-writer.ts';
import { openLog } from './log.ts';
import { openQuotaWriter } from './quota-writer.ts';
import { resolveConnection, type SecretEnvironment } from './resolve-connection.ts';
import type { ConnectionSettings } from './settings.ts';
import { openTopicWriter } from './topic-writer.ts';

/** Everything that kplan does with one cluster, behind the ports; one client, one set of connections. */
export interface Cluster {
  /** Its name in the plan file. */
  readonly name: string;
  readonly log: TransactionalLog;
  readonly reader: ClusterReader;
  readonly topics: TopicWriter;
  readonly groups: GroupReader;
  readonly groupWriter: GroupWriter;
  readonly quotas: QuotaWriter;
  readonly acls: AclWriter;
  close(): Promise<void>;
}

export interface ClusterEnvironment extends SecretEnvironment {
  readonly clock?: Clock;
  /** In [0, 1): jitter of retries. */
  readonly random?: () => number;
  /** Ends retries. */
  readonly signal?: AbortSignal;
}

/** Reads the secrets that the definition refers to; connects with the first request. Throws a ClusterFault. */
export async function openCluster(
  name: string,
  definition: ClusterDefinition,
  environment: ClusterEnvironment,
): Promise<Cluster> {
  const settings = await resolveConnection(name, definition, environment);
  return connectCluster(settings, environment);
}

/** The same with settings that are read already. */
export function connectCluster(
  settings: ConnectionSettings,
  world: Pick<ClusterEnvironment, 'clock' | 'random' | 'signal'> = {},
): Cluster {
  const { clock = systemClock, random = Math.random, signal } = world;
  const client = clusterClient(settings, { clock, random, ...(signal === undefined ? {} : { signal }) });
  return {
    name: settings.cluster,
    log: openLog(client),
    reader: openReader(client),
    topics: openTopicWriter(client),
    groups: openGroupReader(client),
    groupWriter: openGroupWriter(client),
    quotas: openQuotaWriter(client),
    acls: openAclWriter(client),
    close: () => client.close(),
  };
}
