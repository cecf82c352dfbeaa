import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { parseAddress } from '../../src/execution-plan/address.ts';
import { changeOf } from '../../src/execution-plan/change-of.ts';
import type { ExecutionPlan, Step, StepKind } from '../../src/execution-plan/execution-plan.ts';
import { brokerFault } from '../kafka/broker-fault.ts';
import { isPassing } from '../kafka/error-table.ts';
import type { Sending, TopicOutcome } from '../ports.ts';
import { clusterOf, type RunCluster } from '../run/world.ts';
import type { StepContext, StepOutcome, TopicSubject, Work } from './step-handler.ts';

export type TopicStepKind = Extract<StepKind, 'create-topic' | 'add-partitions' | 'alter-topic-settings'>;
export type TopicWork = Work<TopicStepKind>;

/** The change of a topic's step. A plan without it, or one that deletes, is none of ours. */
export function topicSubject(step: Step, plan: ExecutionPlan): TopicSubject {
  const change = changeOf(plan, step.address);
  const address = parseAddress(step.address);
  if (change?.kind !== 'topic' || change.after === null || address?.kind !== 'topic') {
    throw new Error(`step ${step.id} has no change of a topic`);
  }
  return { cluster: address.cluster, topic: address.name, before: change.before, after: change.after };
}

/** For requests that epochs do not fence: each follows a lease write that is young enough. */
export function writing({ control }: StepContext): Sending {
  return { validateOnly: false, beforeRequest: () => control.assertFresh() };
}

export const checking: Sending = { validateOnly: true };

/** The outcomes of all clusters' work by step. */
export async function perCluster<W extends Work<TopicStepKind | 'delete-topic'>>(
  work: readonly W[],
  context: StepContext,
  act: (cluster: RunCluster, part: readonly W[]) => Promise<ReadonlyMap<string, StepOutcome>>,
): Promise<ReadonlyMap<string, StepOutcome>> {
  const outcomes = new Map<string, StepOutcome>();
  for (const [name, part] of Map.groupBy(work, (one) => one.subject.cluster)) {
    for (const [id, outcome] of await act(clusterOf(context.world, name), part)) outcomes.set(id, outcome);
  }
  return outcomes;
}

/**
 * `request` is Kafka's name of what was asked, for messages; errors in `harmless` mean that it is done already. What was only
 * checked is not refused by an error that passes: it is met again, or not, when it is done.
 */
export function outcomesOf(
  part: readonly TopicWork[],
  answers: readonly TopicOutcome[],
  asked: { readonly request: string; readonly harmless?: readonly string[]; readonly isCheck?: boolean },
): ReadonlyMap<string, StepOutcome> {
  const byTopic = new Map(answers.map((one) => [one.topic, one]));
  return new Map(
    part.map((one): [string, StepOutcome] => {
      const answer = byTopic.get(one.subject.topic);
      const error = answer === undefined ? 'UNKNOWN_SERVER_ERROR' : answer.error;
      const isHarmless = (name: string) =>
        asked.harmless?.includes(name) || (asked.isCheck === true && isPassing(name));
      if (error === null || isHarmless(error)) return [one.step.id, doneWith(answer?.topicId)];
      const diagnostics = [refused(one, { ...asked, error, message: answer?.message })];
      return [one.step.id, { result: 'failed', diagnostics }];
    }),
  );
}

function doneWith(topicId: string | undefined): StepOutcome {
  return topicId === undefined ? { result: 'done' } : { result: 'done', topicId };
}

export function refusals(outcomes: ReadonlyMap<string, StepOutcome>): Diagnostic[] {
  return [...outcomes.values()].flatMap((one) => ('diagnostics' in one ? one.diagnostics : []));
}

function refused(
  { step, subject }: TopicWork,
  answer: { readonly request: string; readonly error: string; readonly message: string | undefined },
): Diagnostic {
  const place = { cluster: subject.cluster, request: answer.request };
  const { summary, detail, fix } = brokerFault(place, {
    errorName: answer.error,
    message: answer.message,
    resource: subject.topic,
  }).diagnostic;
  return diagnostic('KP4008', { address: step.address, summary, detail, fix });
}
