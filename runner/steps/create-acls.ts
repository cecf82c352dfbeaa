import { aclSubject, aclsThatAre, awaitAcls, changeAcls } from './acl-work.ts';
import { checksNothing, type StepHandler } from './step-handler.ts';

/** Kafka has no trial run for ACLs; what it would refuse is found when they are planned. */
export const createAcls: StepHandler<'create-acl'> = {
  batchMax: 1_000,
  subject: aclSubject,
  check: checksNothing,
  inspect: (work, context) => aclsThatAre(true, work, context),
  apply: (work, context) =>
    changeAcls(work, context, { request: 'CreateAcls', send: (cluster, acls) => cluster.acls.createAcls(acls) }),
  verify: (work, context) => awaitAcls(true, work, context),
};
