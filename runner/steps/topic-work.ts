import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { parseAddress } from '../../src/execution-plan/address.ts';
import type { ExecutionPlan, Step, StepKind } from '../../src/execution-plan/execution-plan.ts';
import { brokerFault } from '../kafka/broker-fault.ts';
import type { TopicOutcome } from '../ports.ts';
import { clusterOf, type RunCluster } from '../run/world.ts';
import type { StepContext, StepOutcome, TopicSubject, Work } from './step-handler.ts';

export type TopicStepKind = Extract<StepKind, 'create-topic' | 'add-partitions' | 'alter-topic-settings'>;
export type TopicWork = Work<TopicStepKind>;

/** The change of a topic's step. A plan without it, or one that deletes, is none of ours. */
export function topicSubject(step: Step, plan: ExecutionPlan): TopicSubject {
  const change = plan.changes.find((one) => one.address === step.address);
  const address = parseAddress(step.address);
  if (change?.kind !== 'topic' || change.after === null || address?.kind !== 'topic') {
    throw new Error(`step ${step.id} has no change of a topic`);
  }
  return { cluster: address.cluster, topic: address.name, before: change.before, after: change.after };
}

/**
 * One request to a cluster's controller must stay below 10,000 metadata records (KRaft's limit of one operation); a topic
 * makes one, each partition one and each setting one.
 */
const recordsOfRequestMax = 4_000;
/** As many as the topic writer sends at once. */
const topicsOfRequestMax = 100;

/** The work by cluster, in parts that one request may hold. */
export function requestsOf(
  work: readonly TopicWork[],
  context: StepContext,
): { cluster: RunCluster; part: TopicWork[] }[] {
  const requests: { cluster: RunCluster; part: TopicWork[]; records: number }[] = [];
  for (const [name, ofCluster] of Map.groupBy(work, (one) => one.subject.cluster)) {
    const cluster = clusterOf(context.world, name);
    let open: (typeof requests)[number] | undefined;
    for (const one of ofCluster) {
      const { after } = one.subject;
      const records = 1 + after.partitions + Object.keys(after.config).length;
      if (!open || open.records + records > recordsOfRequestMax || open.part.length >= topicsOfRequestMax) {
        open = { cluster, part: [], records: 0 };
        requests.push(open);
      }
      open.part.push(one);
      open.records += records;
    }
  }
  return requests;
}

/** `request` is Kafka's name of what was asked, for messages; errors in `harmless` mean that it is done already. */
export function outcomesOf(
  part: readonly TopicWork[],
  answers: readonly TopicOutcome[],
  asked: { readonly request: string; readonly harmless?: readonly string[] },
): ReadonlyMap<string, StepOutcome> {
  const byTopic = new Map(answers.map((one) => [one.topic, one]));
  return new Map(
    part.map((one): [string, StepOutcome] => {
      const answer = byTopic.get(one.subject.topic);
      const error = answer === undefined ? 'UNKNOWN_SERVER_ERROR' : answer.error;
      if (error === null || asked.harmless?.includes(error)) return [one.step.id, { result: 'done' }];
      const diagnostics = [refused(one, { ...asked, error, message: answer?.message })];
      return [one.step.id, { result: 'failed', diagnostics }];
    }),
  );
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
