import {
  type describeClientQuotasV1 as DescribeClientQuotas,
  describeClientQuotasV0,
  describeClientQuotasV1,
} from '@platformatic/kafka';
import type { QuotaSnapshot } from '../../src/cluster/snapshot.ts';
import { brokerFault } from './broker-fault.ts';
import type { ClusterClient } from './cluster-client.ts';
import { candidate, type Request } from './connection.ts';
import { errorName } from './error-table.ts';
import { quotaEntity } from './quota-entities.ts';

/** The client quotas of every entity (KIP-546): no component in the filter, and not strict. Throws a ClusterFault. */
export async function describeQuotas(client: ClusterClient): Promise<readonly QuotaSnapshot[]> {
  const request: Request<DescribeClientQuotas.DescribeClientQuotasResponse> = {
    name: 'DescribeClientQuotas',
    tolerant: true,
    candidates: [candidate(describeClientQuotasV1.api, [], false), candidate(describeClientQuotasV0.api, [], false)],
  };
  return client.ask({ to: 'any' }, request, (answer, place) => {
    const error = errorName(answer.errorCode);
    if (error !== null) throw brokerFault(place, { errorName: error, message: answer.errorMessage });
    return (answer.entries ?? []).flatMap(({ entity, values }) => {
      const known = quotaEntity(entity);
      const limits = Object.fromEntries(values.map(({ key, value }) => [key, value]));
      return known === null ? [] : [{ entity: known, limits }];
    });
  });
}
