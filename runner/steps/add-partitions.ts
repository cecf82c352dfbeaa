import { awaitTopics, unlike } from './live-topics.ts';
import type { StepHandler, StepOutcome, TopicSubject } from './step-handler.ts';
import { outcomesOf, refusals, requestsOf, topicSubject } from './topic-work.ts';

const asked = { request: 'CreatePartitions' } as const;

/** A topic that has as many partitions already answers INVALID_PARTITIONS: steps of an earlier run are inspected first. */
export const addPartitions: StepHandler<'add-partitions'> = {
  batchMax: 1_000,
  subject: topicSubject,
  async check(work, context) {
    const found = [];
    for (const { cluster, part } of requestsOf(work, context)) {
      const answers = await cluster.writer.createPartitions(part.map(wanted), { validateOnly: true });
      found.push(...refusals(outcomesOf(part, answers, asked)));
    }
    return found;
  },
  async inspect(work, context) {
    const left = await unlike(work, context, { served: false });
    return new Set(work.map((one) => one.step.id).filter((id) => !left.has(id)));
  },
  async apply(work, context) {
    const outcomes = new Map<string, StepOutcome>();
    for (const { cluster, part } of requestsOf(work, context)) {
      await context.control.assertFresh();
      const answers = await cluster.writer.createPartitions(part.map(wanted), { validateOnly: false });
      for (const [id, outcome] of outcomesOf(part, answers, asked)) outcomes.set(id, outcome);
    }
    return outcomes;
  },
  verify: awaitTopics,
};

function wanted({ subject }: { readonly subject: TopicSubject }) {
  return { topic: subject.topic, partitions: subject.after.partitions };
}
