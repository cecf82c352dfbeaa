import type { ClusterConnection } from '../plan-file/plan-file.generated.ts';
import type { ClusterDefinition } from './migration.ts';

/** A cluster's connection with its defaults: `tls: true` and AWS IAM mean TLS with the system's authorities. */
export function resolveCluster(connection: ClusterConnection): ClusterDefinition {
  const { bootstrap, tls, auth, addressMap = {} } = connection;
  const impliesTls = tls === true || (tls === undefined && auth?.mechanism === 'aws-msk-iam');
  const tlsParts = typeof tls === 'object' ? tls : impliesTls ? {} : undefined;
  return {
    bootstrap,
    ...(tlsParts === undefined ? {} : { tls: tlsParts }),
    ...(auth === undefined ? {} : { auth }),
    addressMap,
  };
}
