import { morePartitions } from '../../src/resources/topic/topic-requests.ts';
import type { Sending } from '../ports.ts';
import { alike, awaitTopics, unlike } from './live-topics.ts';
import type { StepContext, StepHandler, StepOutcome, TopicSubject, Work } from './step-handler.ts';
import { checking, outcomesOf, perCluster, refusals, type TopicWork, topicSubject, writing } from './topic-work.ts';

const asked = { request: 'CreatePartitions' } as const;

/** A topic that has as many partitions already answers INVALID_PARTITIONS: steps of an earlier run are inspected first. */
export const addPartitions: StepHandler<'add-partitions'> = {
  batchMax: 1_000,
  subject: topicSubject,
  check: async (work, context) => refusals(await add(work, context, checking)),
  inspect: alike,
  async apply(work, context) {
    const answered = await add(work, context, writing(context));
    return withDoneOnes(work, answered, context);
  },
  verify: awaitTopics,
};

function add(work: readonly Work<'add-partitions'>[], context: StepContext, how: Sending) {
  return perCluster(work, context, async ({ topics }, part) =>
    outcomesOf(part, await topics.createPartitions(part.map(wanted), how), { ...asked, isCheck: how.validateOnly }),
  );
}

/** A request whose answer was lost is sent again, and then refused because it was done. */
async function withDoneOnes(
  work: readonly TopicWork[],
  answered: ReadonlyMap<string, StepOutcome>,
  context: StepContext,
): Promise<ReadonlyMap<string, StepOutcome>> {
  const failed = work.filter((one) => answered.get(one.step.id)?.result === 'failed');
  if (failed.length === 0) return answered;
  const left = await unlike(failed, context);
  const done = failed.filter((one) => !left.has(one.step.id));
  return new Map([...answered, ...done.map((one) => [one.step.id, { result: 'done' }] as [string, StepOutcome])]);
}

function wanted({ subject }: { readonly subject: TopicSubject }) {
  return morePartitions(subject.topic, subject.after);
}
