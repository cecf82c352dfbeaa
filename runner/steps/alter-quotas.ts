import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { parseAddress } from '../../src/execution-plan/address.ts';
import { changeOf } from '../../src/execution-plan/change-of.ts';
import type { ExecutionPlan, Step } from '../../src/execution-plan/execution-plan.ts';
import { entityKey, limitNames } from '../../src/resources/quota/live-quota.ts';
import { quotaAlteration } from '../../src/resources/quota/quota-requests.ts';
import { brokerFault } from '../kafka/broker-fault.ts';
import { clusterOf } from '../run/world.ts';
import type { QuotaSubject, StepContext, StepHandler, StepOutcome, Work } from './step-handler.ts';

type QuotaWork = Work<'alter-quota'>;

/** How long brokers may take to show what the controller has done. */
const visibleWaitMsMax = 30_000;
const visiblePollMs = 100;

/** Only limits that differ are sent: those that kplan does not own are never touched. */
export const alterQuotas: StepHandler<'alter-quota'> = {
  batchMax: 1_000,
  subject: quotaSubject,
  async check(work, context) {
    const outcomes = await alter(work, context, { validateOnly: true });
    return [...outcomes.values()].flatMap((one) => ('diagnostics' in one ? one.diagnostics : []));
  },
  async inspect(work, context) {
    const left = await unlike(work, context);
    return new Set(work.map((one) => one.step.id).filter((id) => !left.has(id)));
  },
  apply: (work, context) => alter(work, context, { validateOnly: false }),
  verify: awaitQuotas,
};

function quotaSubject(step: Step, plan: ExecutionPlan): QuotaSubject {
  const change = changeOf(plan, step.address);
  const address = parseAddress(step.address);
  const entity = change?.kind === 'quota' ? (change.before ?? change.after)?.entity : undefined;
  if (change?.kind !== 'quota' || address?.kind !== 'quota' || entity === undefined) {
    throw new Error(`step ${step.id} has no change of a quota`);
  }
  const { before, after } = change;
  const [from, to] = [before?.limits ?? {}, after?.limits ?? {}];
  const names = limitNames(from, to);
  return {
    cluster: address.cluster,
    entity,
    wanted: Object.fromEntries(names.map((name) => [name, to[name] ?? null])),
    alteration: quotaAlteration(change),
  };
}

async function alter(
  work: readonly QuotaWork[],
  context: StepContext,
  options: { readonly validateOnly: boolean },
): Promise<ReadonlyMap<string, StepOutcome>> {
  const outcomes = new Map<string, StepOutcome>();
  for (const [name, part] of Map.groupBy(work, (one) => one.subject.cluster)) {
    if (!options.validateOnly) await context.control.assertFresh();
    const answers = await clusterOf(context.world, name).quotas.alterQuotas(
      part.map((one) => one.subject.alteration),
      options,
    );
    const byEntity = new Map(answers.map((one) => [one.entityKey, one]));
    for (const one of part) {
      const answer = byEntity.get(entityKey(one.subject.entity));
      const error = answer === undefined ? 'UNKNOWN_SERVER_ERROR' : answer.error;
      const refusal = error === null ? undefined : refused(one, error, answer?.message);
      outcomes.set(one.step.id, refusal ? { result: 'failed', diagnostics: [refusal] } : { result: 'done' });
    }
  }
  return outcomes;
}

function refused({ step, subject }: QuotaWork, errorName: string, message: string | undefined): Diagnostic {
  const place = { cluster: subject.cluster, request: 'AlterClientQuotas' };
  const { summary, detail, fix } = brokerFault(place, { errorName, message, resource: step.address }).diagnostic;
  return diagnostic('KP4008', { address: step.address, summary, detail, fix });
}

/** Steps whose limits are not as wanted, each with what differs. */
async function unlike(work: readonly QuotaWork[], context: StepContext): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const [name, part] of Map.groupBy(work, (one) => one.subject.cluster)) {
    const quotas = await clusterOf(context.world, name).reader.describeQuotas();
    const live = new Map(quotas.map((one) => [entityKey(one.entity), one.limits]));
    for (const { step, subject } of part) {
      const limits = live.get(entityKey(subject.entity)) ?? {};
      const wrong = Object.entries(subject.wanted).find(([limit, value]) => (limits[limit] ?? null) !== value);
      if (wrong !== undefined) found.set(step.id, `${wrong[0]} is ${limits[wrong[0]] ?? 'not set'}`);
    }
  }
  return found;
}

/** Polls until every limit is as wanted, or the deadline; answers what is still not. */
async function awaitQuotas(
  work: readonly QuotaWork[],
  context: StepContext,
): Promise<ReadonlyMap<string, readonly Diagnostic[]>> {
  const { clock } = context.world;
  const deadlineMs = clock.nowMs() + visibleWaitMsMax;
  for (;;) {
    const left = work.length === 0 ? new Map<string, string>() : await unlike(work, context);
    if (left.size === 0 || clock.nowMs() >= deadlineMs) return new Map(work.flatMap((one) => lateness(one, left)));
    await clock.sleep(visiblePollMs);
  }
}

function lateness({ step }: QuotaWork, left: ReadonlyMap<string, string>): [string, readonly Diagnostic[]][] {
  const difference = left.get(step.id);
  if (difference === undefined) return [];
  const { address } = step;
  const summary = `${address} is not as wanted after ${visibleWaitMsMax / 1000} s: ${difference}.`;
  return [[step.id, [diagnostic('KP4009', { address, summary })]]];
}
