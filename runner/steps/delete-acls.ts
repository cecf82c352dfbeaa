import { aclSubject, aclsThatAre, awaitAcls, changeAcls } from './acl-work.ts';
import { checksNothing, type StepHandler } from './step-handler.ts';

/** Each filter names one ACL in full, so that nothing else can match it. */
export const deleteAcls: StepHandler<'delete-acl'> = {
  batchMax: 1_000,
  subject: aclSubject,
  check: checksNothing,
  inspect: (work, context) => aclsThatAre(false, work, context),
  apply: (work, context) =>
    changeAcls(work, context, { request: 'DeleteAcls', send: (cluster, acls) => cluster.acls.deleteAcls(acls) }),
  verify: (work, context) => awaitAcls(false, work, context),
};
