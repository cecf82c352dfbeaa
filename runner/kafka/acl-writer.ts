import {
  type createAclsV3 as CreateAcls,
  createAclsV2,
  createAclsV3,
  type deleteAclsV3 as DeleteAcls,
  deleteAclsV2,
  deleteAclsV3,
} from '@platformatic/kafka';
import type { Acl } from '../../src/cluster/acl.ts';
import type { AclOutcome, AclWriter } from '../ports.ts';
import { aclOnWire } from './acl-codes.ts';
import { brokerFault } from './broker-fault.ts';
import type { AnswerPlace, ClusterClient } from './cluster-client.ts';
import { candidate, type Request } from './connection.ts';
import { errorName } from './error-table.ts';

/** Each ACL is one record of the controller's log, and one operation makes at most 10,000 of them. */
const aclsPerRequestMax = 1_000;

/**
 * Changes of ACLs, sent to the controller (brokers of KRaft pass them on). Making one that is there and deleting one that
 * is not are no errors, so that every request may be sent again.
 */
export function openAclWriter(client: ClusterClient): AclWriter {
  return {
    createAcls: (acls) =>
      inBatches(acls, (batch) => {
        const wanted = batch.map(aclOnWire);
        const request: Request<CreateAcls.CreateAclsResponse> = {
          name: 'CreateAcls',
          tolerant: true,
          candidates: [candidate(createAclsV3.api, wanted), candidate(createAclsV2.api, wanted)],
        };
        return client.ask({ to: 'controller' }, request, (answer, place) => outcomes(place, answer.results));
      }),
    deleteAcls: (acls) =>
      inBatches(acls, (batch) => {
        const filters = batch.map(aclOnWire);
        const request: Request<DeleteAcls.DeleteAclsResponse> = {
          name: 'DeleteAcls',
          tolerant: true,
          candidates: [candidate(deleteAclsV3.api, filters), candidate(deleteAclsV2.api, filters)],
        };
        return client.ask({ to: 'controller' }, request, (answer, place) =>
          outcomes(
            place,
            answer.filterResults.map((one) => one.matchingAcls.find((acl) => acl.errorCode !== 0) ?? one),
          ),
        );
      }),
  };
}

async function inBatches(
  acls: readonly Acl[],
  send: (batch: readonly Acl[]) => Promise<readonly AclOutcome[]>,
): Promise<readonly AclOutcome[]> {
  const found: AclOutcome[] = [];
  for (let start = 0; start < acls.length; start += aclsPerRequestMax) {
    found.push(...(await send(acls.slice(start, start + aclsPerRequestMax))));
  }
  return found;
}

/** NOT_CONTROLLER concerns the request, not the ACL: thrown, so that it is sent again to the new controller. */
function outcomes(
  place: AnswerPlace,
  results: readonly { readonly errorCode: number; readonly errorMessage?: string | null | undefined }[],
): readonly AclOutcome[] {
  return results.map(({ errorCode, errorMessage }) => {
    const error = errorName(errorCode);
    if (error === 'NOT_CONTROLLER') throw brokerFault(place, { errorName: error });
    return { error, ...(error === null || !errorMessage ? {} : { message: errorMessage }) };
  });
}
