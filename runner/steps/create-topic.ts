import { newTopic } from '../../src/resources/topic/topic-requests.ts';
import type { Sending } from '../ports.ts';
import { alike, awaitTopics } from './live-topics.ts';
import type { StepContext, StepHandler, TopicSubject, Work } from './step-handler.ts';
import { checking, outcomesOf, perCluster, refusals, topicSubject, writing } from './topic-work.ts';

const asked = { request: 'CreateTopics', harmless: ['TOPIC_ALREADY_EXISTS'] } as const;

/** CreateTopics is whole or nothing for each topic: one that is there with all that is wanted was made by this step. */
export const createTopic: StepHandler<'create-topic'> = {
  batchMax: 1_000,
  subject: topicSubject,
  check: async (work, context) => refusals(await create(work, context, checking)),
  inspect: alike,
  apply: (work, context) => create(work, context, writing(context)),
  verify: awaitTopics,
};

function create(work: readonly Work<'create-topic'>[], context: StepContext, how: Sending) {
  return perCluster(work, context, async ({ topics }, part) =>
    outcomesOf(part, await topics.createTopics(part.map(wanted), how), { ...asked, isCheck: how.validateOnly }),
  );
}

function wanted({ subject: { topic, after } }: { readonly subject: TopicSubject }) {
  return newTopic(topic, after);
}
