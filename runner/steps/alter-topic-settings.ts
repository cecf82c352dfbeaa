import { alike, awaitTopics } from './live-topics.ts';
import type { StepContext, StepHandler, StepOutcome, TopicSubject, Work } from './step-handler.ts';
import { outcomesOf, refusals, requestsOf, topicSubject } from './topic-work.ts';

const asked = { request: 'IncrementalAlterConfigs' } as const;

/** Only what differs is sent, value by value: settings that kplan does not own are never touched. */
export const alterTopicSettings: StepHandler<'alter-topic-settings'> = {
  batchMax: 1_000,
  subject: topicSubject,
  async check(work, context) {
    const found = [];
    for (const { cluster, part } of requestsOf(work, context)) {
      const answers = await cluster.topics.alterTopicSettings(part.map(wanted), { validateOnly: true });
      found.push(...refusals(outcomesOf(part, answers, asked)));
    }
    return found;
  },
  inspect: (work, context: StepContext) => alike(work.map(settingsOnly), context),
  async apply(work, context) {
    const outcomes = new Map<string, StepOutcome>();
    for (const { cluster, part } of requestsOf(work, context)) {
      await context.control.assertFresh();
      const answers = await cluster.topics.alterTopicSettings(part.map(wanted), { validateOnly: false });
      for (const [id, outcome] of outcomesOf(part, answers, asked)) outcomes.set(id, outcome);
    }
    return outcomes;
  },
  verify: (work, context: StepContext) => awaitTopics(work.map(settingsOnly), context),
};

function wanted({ subject: { topic, before, after } }: { readonly subject: TopicSubject }) {
  const differing = Object.entries(after.config).filter(([name, value]) => value !== (before?.config[name] ?? null));
  return { topic, settings: Object.fromEntries(differing) };
}

/** Partitions come with a step of their own, after this one. */
function settingsOnly(one: Work<'alter-topic-settings'>): Work<'alter-topic-settings'> {
  const { before, after } = one.subject;
  const partitions = before?.partitions ?? after.partitions;
  return { step: one.step, subject: { ...one.subject, after: { ...after, partitions } } };
}
