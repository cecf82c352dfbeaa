import type { TestCluster } from '../../clusters/cluster.ts';
import type { KafkaVersion } from '../../clusters/options.ts';
import { startCluster } from '../../clusters/start-cluster.ts';
import { type LiveCluster, openLive } from './live.ts';

export const versions = ['3.9', '4.1'] as const satisfies readonly KafkaVersion[];
export type MatrixVersion = (typeof versions)[number];

/** Who kplan is: no super user, but everything is allowed to it by ACLs. */
export const login = { user: 'kplan', password: 'kplan-secret' } as const;
/** Who may read topics and nothing else. */
export const reader = { user: 'reader', password: 'reader-secret' } as const;

/** A cluster of the matrix, and what lives on it. */
export interface MatrixCluster extends TestCluster {
  readonly version: MatrixVersion;
  readonly live: LiveCluster;
}

export type MatrixClusters = Readonly<Record<MatrixVersion, MatrixCluster>>;

/** Three brokers in three racks, where ACLs alone allow. */
async function start(version: MatrixVersion): Promise<MatrixCluster> {
  const cluster = await startCluster({
    name: `matrix-${version}`,
    version,
    brokers: 3,
    racks: ['a', 'b', 'c'],
    sasl: { mechanisms: ['PLAIN'], users: { [login.user]: login.password, [reader.user]: reader.password } },
    authorizer: { superUsers: [] },
  });
  const live = await openLive(cluster.internalBootstrap);
  const everything = { topic: '*', group: '*', 'transactional-id': '*', cluster: 'kafka-cluster' };
  const usual = {
    principal: `User:${login.user}`,
    pattern: 'literal',
    operation: 'all',
    permission: 'allow',
    host: '*',
  };
  await live.admin.acls.createAcls(Object.entries(everything).map(([type, name]) => ({ ...usual, type, name })));
  await live.seenByAll();
  return { ...cluster, version, live };
}

/** One after the other: six brokers that start at once on few cores see one another too late. */
export async function startMatrix(): Promise<MatrixClusters> {
  return { '3.9': await start('3.9'), '4.1': await start('4.1') };
}

export async function stopMatrix(clusters: MatrixClusters): Promise<void> {
  for (const { live, stop } of Object.values(clusters)) {
    await live.close();
    await stop();
  }
}
