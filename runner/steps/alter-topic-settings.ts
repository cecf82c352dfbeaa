import { topicAlteration } from '../../src/resources/topic/topic-requests.ts';
import type { Sending } from '../ports.ts';
import { alike, awaitTopics } from './live-topics.ts';
import type { StepContext, StepHandler, TopicSubject, Work } from './step-handler.ts';
import { checking, outcomesOf, perCluster, refusals, topicSubject, writing } from './topic-work.ts';

const asked = { request: 'IncrementalAlterConfigs' } as const;

/** Only what differs is sent, value by value: settings that kplan does not own are never touched. */
export const alterTopicSettings: StepHandler<'alter-topic-settings'> = {
  batchMax: 1_000,
  subject: topicSubject,
  check: async (work, context) => refusals(await alter(work, context, checking)),
  inspect: (work, context: StepContext) => alike(work.map(settingsOnly), context),
  apply: (work, context) => alter(work, context, writing(context)),
  verify: (work, context: StepContext) => awaitTopics(work.map(settingsOnly), context),
};

function alter(work: readonly Work<'alter-topic-settings'>[], context: StepContext, how: Sending) {
  return perCluster(work, context, async ({ topics }, part) =>
    outcomesOf(part, await topics.alterTopicSettings(part.map(wanted), how), asked),
  );
}

function wanted({ subject: { topic, before, after } }: { readonly subject: TopicSubject }) {
  return topicAlteration(topic, before, after);
}

/** Partitions come with a step of their own, after this one. */
function settingsOnly(one: Work<'alter-topic-settings'>): Work<'alter-topic-settings'> {
  const { before, after } = one.subject;
  const partitions = before?.partitions ?? after.partitions;
  return { step: one.step, subject: { ...one.subject, after: { ...after, partitions } } };
}
