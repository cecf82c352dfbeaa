import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { parseAddress } from '../../src/execution-plan/address.ts';
import { changeOf } from '../../src/execution-plan/change-of.ts';
import type { ExecutionPlan, Step } from '../../src/execution-plan/execution-plan.ts';
import { brokerFault } from '../kafka/broker-fault.ts';
import type { TopicOutcome } from '../ports.ts';
import { clusterOf } from '../run/world.ts';
import {
  checksNothing,
  type DeletedTopic,
  type StepContext,
  type StepHandler,
  type StepOutcome,
  type Work,
} from './step-handler.ts';
import { perCluster, writing } from './topic-work.ts';

type DeleteWork = Work<'delete-topic'>;

/** How long brokers may take to show what the controller has done. */
const goneWaitMsMax = 30_000;
const gonePollMs = 200;

/** What a topic that is gone already answers. */
const harmless: readonly (string | null)[] = [null, 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID'];

/**
 * Deletes the very topic that the plan saw, by its id where the cluster has ids: one that was made again meanwhile under
 * the same name stays, and the step fails. Brokers have no way to check a deletion beforehand.
 */
export const deleteTopic: StepHandler<'delete-topic'> = {
  batchMax: 1_000,
  subject: deletedTopic,
  check: checksNothing,
  async inspect(work, context) {
    const left = await stillThere(work, context);
    return new Set(work.map((one) => one.step.id).filter((id) => !left.has(id)));
  },
  apply: (work, context) =>
    perCluster(work, context, async ({ topics }, part) => {
      const answers = await topics.deleteTopics(
        part.map((one) => one.subject),
        writing(context),
      );
      const byTopic = new Map(answers.map((one) => [one.topic, one]));
      return new Map(part.map((one) => [one.step.id, outcomeOf(one, byTopic.get(one.subject.topic))]));
    }),
  verify: awaitGone,
};

function deletedTopic(step: Step, plan: ExecutionPlan): DeletedTopic {
  const change = changeOf(plan, step.address);
  const address = parseAddress(step.address);
  if (change?.kind !== 'topic' || change.action !== 'delete' || address?.kind !== 'topic') {
    throw new Error(`step ${step.id} has no deletion of a topic`);
  }
  const topicId = change.before?.topicId;
  return { cluster: address.cluster, topic: address.name, ...(topicId === undefined ? {} : { topicId }) };
}

function outcomeOf(
  { step, subject }: DeleteWork,
  answer: TopicOutcome = { topic: '', error: 'UNKNOWN_SERVER_ERROR' },
): StepOutcome {
  const { error, message } = answer;
  if (error === null || harmless.includes(error)) return { result: 'done' };
  const place = { cluster: subject.cluster, request: 'DeleteTopics' };
  const { summary, detail, fix } = brokerFault(place, {
    errorName: error,
    message,
    resource: subject.topic,
  }).diagnostic;
  return { result: 'failed', diagnostics: [diagnostic('KP4008', { address: step.address, summary, detail, fix })] };
}

/** Ids of the steps whose topic's name is still taken, by that topic or by another one. */
async function stillThere(work: readonly DeleteWork[], context: StepContext): Promise<ReadonlySet<string>> {
  const left = new Set<string>();
  for (const [name, part] of Map.groupBy(work, (one) => one.subject.cluster)) {
    const live = await clusterOf(context.world, name).log.describeTopics(part.map((one) => one.subject.topic));
    for (const { step, subject } of part) if (live.has(subject.topic)) left.add(step.id);
  }
  return left;
}

/** Polls until no topic is there any more, or the deadline; answers which still are. */
async function awaitGone(
  work: readonly DeleteWork[],
  context: StepContext,
): Promise<ReadonlyMap<string, readonly Diagnostic[]>> {
  const { clock } = context.world;
  const deadlineMs = clock.nowMs() + goneWaitMsMax;
  for (;;) {
    const left = work.length === 0 ? new Set<string>() : await stillThere(work, context);
    if (left.size === 0 || clock.nowMs() >= deadlineMs) return new Map(work.flatMap((one) => lateness(one, left)));
    await clock.sleep(gonePollMs);
  }
}

function lateness({ step, subject }: DeleteWork, left: ReadonlySet<string>): [string, readonly Diagnostic[]][] {
  if (!left.has(step.id)) return [];
  const summary = `Topic ${subject.topic} on cluster ${subject.cluster} was deleted and is there ${goneWaitMsMax / 1000} s later.`;
  const fix = 'Stop the clients that make it again (auto.create.topics.enable), then plan again.';
  return [[step.id, [diagnostic('KP4009', { address: step.address, summary, fix })]]];
}
