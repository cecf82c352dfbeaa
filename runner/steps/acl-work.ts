import type { Acl } from '../../src/cluster/acl.ts';
import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { parseAddress } from '../../src/execution-plan/address.ts';
import { changeOf } from '../../src/execution-plan/change-of.ts';
import type { ExecutionPlan, Step } from '../../src/execution-plan/execution-plan.ts';
import { aclKey, aclWords } from '../../src/resources/acl/acl-words.ts';
import { brokerFault } from '../kafka/broker-fault.ts';
import type { AclOutcome } from '../ports.ts';
import { clusterOf, type RunCluster } from '../run/world.ts';
import type { AclSubject, StepContext, StepOutcome, Work } from './step-handler.ts';

export type AclWork = Work<'create-acl' | 'delete-acl'>;

/** How long brokers may take to show what the controller has done. */
const visibleWaitMsMax = 30_000;
const visiblePollMs = 100;

/** The ACL of a step's change: what it makes, or what it deletes. */
export function aclSubject(step: Step, plan: ExecutionPlan): AclSubject {
  const change = changeOf(plan, step.address);
  const address = parseAddress(step.address);
  const acl = change?.kind === 'acl' ? (change.after ?? change.before) : null;
  if (acl === null || address?.kind !== 'acl') throw new Error(`step ${step.id} has no change of an ACL`);
  return { cluster: address.cluster, acl };
}

/** Sends the work of each cluster, after a young lease write; answers for each step. */
export async function changeAcls(
  work: readonly AclWork[],
  context: StepContext,
  asked: {
    readonly request: string;
    readonly send: (at: RunCluster, acls: readonly Acl[]) => Promise<readonly AclOutcome[]>;
  },
): Promise<ReadonlyMap<string, StepOutcome>> {
  const outcomes = new Map<string, StepOutcome>();
  for (const [name, ofCluster] of Map.groupBy(work, (one) => one.subject.cluster)) {
    await context.control.assertFresh();
    const acls = ofCluster.map((one) => one.subject.acl);
    const answers = await asked.send(clusterOf(context.world, name), acls);
    for (const [index, one] of ofCluster.entries()) {
      outcomes.set(one.step.id, outcomeOf(one, asked.request, answers[index]));
    }
  }
  return outcomes;
}

function outcomeOf({ step, subject }: AclWork, request: string, answer: AclOutcome | undefined): StepOutcome {
  const { error, message } = answer ?? { error: 'UNKNOWN_SERVER_ERROR', message: undefined };
  if (error === null) return { result: 'done' };
  const { summary, detail, fix } = brokerFault(
    { cluster: subject.cluster, request },
    { errorName: error, message, resource: `${subject.acl.principal}: ${aclWords(subject.acl)}` },
  ).diagnostic;
  return { result: 'failed', diagnostics: [diagnostic('KP4008', { address: step.address, summary, detail, fix })] };
}

/** Ids of the steps whose ACL is there, or, with `present` false, is not. */
export async function aclsThatAre(
  present: boolean,
  work: readonly AclWork[],
  context: StepContext,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const [name, ofCluster] of Map.groupBy(work, (one) => one.subject.cluster)) {
    const { entries } = await clusterOf(context.world, name).reader.describeAcls();
    const live = new Set(entries.map(aclKey));
    for (const { step, subject } of ofCluster) if (live.has(aclKey(subject.acl)) === present) found.add(step.id);
  }
  return found;
}

/** Polls until a broker shows every ACL, or none of them any more, or the deadline; answers what is still not so. */
export async function awaitAcls(
  present: boolean,
  work: readonly AclWork[],
  context: StepContext,
): Promise<ReadonlyMap<string, readonly Diagnostic[]>> {
  const { clock } = context.world;
  const deadlineMs = clock.nowMs() + visibleWaitMsMax;
  for (;;) {
    const done = await aclsThatAre(present, work, context);
    const left = work.filter((one) => !done.has(one.step.id));
    if (left.length === 0 || clock.nowMs() >= deadlineMs) return new Map(left.map((one) => late(one, present)));
    await clock.sleep(visiblePollMs);
  }
}

function late({ step: { id, address }, subject }: AclWork, present: boolean): [string, readonly Diagnostic[]] {
  const what = present ? 'is not there' : 'is still there';
  const summary = `An ACL of ${subject.acl.principal} on cluster ${subject.cluster} ${what} after ${visibleWaitMsMax / 1000} s.`;
  return [id, [diagnostic('KP4009', { address, summary })]];
}
