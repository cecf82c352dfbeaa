import type { NewTopic } from '../ports.ts';
import { alike, awaitTopics } from './live-topics.ts';
import type { StepHandler, StepOutcome, TopicSubject } from './step-handler.ts';
import { outcomesOf, refusals, requestsOf, topicSubject } from './topic-work.ts';

const asked = { request: 'CreateTopics', harmless: ['TOPIC_ALREADY_EXISTS'] } as const;

/** CreateTopics is whole or nothing for each topic: one that is there with all that is wanted was made by this step. */
export const createTopic: StepHandler<'create-topic'> = {
  batchMax: 1_000,
  subject: topicSubject,
  async check(work, context) {
    const found = [];
    for (const { cluster, part } of requestsOf(work, context)) {
      const answers = await cluster.topics.createTopics(part.map(newTopic), { validateOnly: true });
      found.push(...refusals(outcomesOf(part, answers, asked)));
    }
    return found;
  },
  inspect: alike,
  async apply(work, context) {
    const outcomes = new Map<string, StepOutcome>();
    for (const { cluster, part } of requestsOf(work, context)) {
      await context.control.assertFresh();
      const answers = await cluster.topics.createTopics(part.map(newTopic), { validateOnly: false });
      for (const [id, outcome] of outcomesOf(part, answers, asked)) outcomes.set(id, outcome);
    }
    return outcomes;
  },
  verify: awaitTopics,
};

function newTopic({ subject }: { readonly subject: TopicSubject }): NewTopic {
  const { topic, after } = subject;
  const { partitions, replicationFactor } = after;
  const config = Object.fromEntries(
    Object.entries(after.config).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
  return { topic, partitions, replicationFactor, config };
}
