import { alike, awaitTopics, unlike } from './live-topics.ts';
import type { StepContext, StepHandler, StepOutcome, TopicSubject } from './step-handler.ts';
import { outcomesOf, refusals, requestsOf, type TopicWork, topicSubject } from './topic-work.ts';

const asked = { request: 'CreatePartitions' } as const;

/** A topic that has as many partitions already answers INVALID_PARTITIONS: steps of an earlier run are inspected first. */
export const addPartitions: StepHandler<'add-partitions'> = {
  batchMax: 1_000,
  subject: topicSubject,
  async check(work, context) {
    const found = [];
    for (const { cluster, part } of requestsOf(work, context)) {
      const answers = await cluster.topics.createPartitions(part.map(wanted), { validateOnly: true });
      found.push(...refusals(outcomesOf(part, answers, asked)));
    }
    return found;
  },
  inspect: alike,
  async apply(work, context) {
    const outcomes = new Map<string, StepOutcome>();
    for (const { cluster, part } of requestsOf(work, context)) {
      await context.control.assertFresh();
      const answers = await cluster.topics.createPartitions(part.map(wanted), { validateOnly: false });
      const answered = outcomesOf(part, answers, asked);
      for (const [id, outcome] of await withDoneOnes(part, answered, context)) outcomes.set(id, outcome);
    }
    return outcomes;
  },
  verify: awaitTopics,
};

/** A request whose answer was lost is sent again, and then refused because it was done. */
async function withDoneOnes(
  part: readonly TopicWork[],
  answered: ReadonlyMap<string, StepOutcome>,
  context: StepContext,
): Promise<ReadonlyMap<string, StepOutcome>> {
  const failed = part.filter((one) => answered.get(one.step.id)?.result === 'failed');
  if (failed.length === 0) return answered;
  const left = await unlike(failed, context);
  const done = failed.filter((one) => !left.has(one.step.id));
  return new Map([...answered, ...done.map((one) => [one.step.id, { result: 'done' }] as const)]);
}

function wanted({ subject }: { readonly subject: TopicSubject }) {
  return { topic: subject.topic, partitions: subject.after.partitions };
}
