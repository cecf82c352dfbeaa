import { ClusterFault } from '../../runner/kafka/cluster-fault.ts';
import { noAuthorizer } from '../cluster/acl.ts';
import type { ClusterReader } from '../cluster/ports.ts';

const tolerated: ReadonlySet<string> = new Set(['CLUSTER_AUTHORIZATION_FAILED', 'UNSUPPORTED_VERSION']);

/**
 * A reader that finds no ACLs and no quotas where the cluster does not know them or the user may not ask for them; topics
 * are read or it fails.
 *
 * @param onUnread is told what was not read: `acls` or `quotas`
 */
export function permittedReader<Reader extends Pick<ClusterReader, 'describeAcls' | 'describeQuotas'>>(
  reader: Reader,
  onUnread: (what: 'acls' | 'quotas') => void,
): Reader {
  const orElse = <Value>(what: 'acls' | 'quotas', nothing: Value) => {
    return (fault: unknown): Value => {
      if (!(fault instanceof ClusterFault) || !tolerated.has(fault.errorName)) throw fault;
      onUnread(what);
      return nothing;
    };
  };
  return {
    ...reader,
    describeAcls: () => reader.describeAcls().catch(orElse('acls', noAuthorizer)),
    describeQuotas: () => reader.describeQuotas().catch(orElse('quotas', [])),
  };
}
