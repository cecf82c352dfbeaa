import { ClusterFault } from '../../kafka/cluster-fault.ts';
import { kafkaError } from '../../kafka/error-table.ts';
import { LeadersChanged, leadersAway } from './faults.ts';
import { type FlowContext, type LeftOut, leftOutOf } from './flow-context.ts';
import { failingMsMax, leaderSearchMs } from './limits.ts';
import { namesOf, partitionName } from './losses.ts';
import type { PartitionPlace } from './partition.ts';
import type { PartitionError } from './ports.ts';
import { fail, type Session } from './session.ts';
import { errorsOfIds, isTopic } from './topic-identity.ts';

/** Since when no leader has answered for a source partition. */
export interface Away {
  readonly source: PartitionPlace;
  readonly sinceMs: number;
}

/** From the next session on these wait, until their leaders answer again. Each is told of once, and again when it was well. */
export function leaveOut(flow: FlowContext, away: readonly Away[]): void {
  const { report, flow: name } = flow.options;
  const news = away.filter((one) => !flow.leftOut.has(partitionName(one.source)));
  for (const { source, sinceMs } of away) {
    const key = partitionName(source);
    flow.leftOut.set(key, { source, sinceMs: flow.leftOut.get(key)?.sinceMs ?? sinceMs, answers: false });
  }
  if (news.length > 0) report({ event: 'left-out', flow: name, sources: news.map((one) => one.source) });
}

/** What ends a flow that has nothing else to do any more, once it has waited for too long; null before. */
export function stayedAway(flow: FlowContext): ClusterFault | null {
  const { source, clock, flow: name } = flow.options;
  const away = leftOutOf(flow);
  const isOver = away.some((one) => clock.nowMs() - one.sinceMs >= failingMsMax);
  return isOver ? leadersAway(source.cluster, name, namesOf(away.map((one) => one.source))) : null;
}

/**
 * Looks in rounds whether the leaders of what this session leaves out answer again, and ends it when one does: the next one
 * begins with the partition, and looks at it as at all others. A round in which the cluster does not answer is left out.
 */
export function startTakingIn(session: Session): void {
  takeIn(session).catch((error: unknown) => {
    if (!session.closed) fail(session, error);
  });
}

async function takeIn(session: Session): Promise<void> {
  const { flow, ending, work } = session;
  const away = leftOutOf(flow);
  while (away.length > 0 && !session.closed) {
    await flow.options.clock.sleep(leaderSearchMs, ending.signal);
    if (session.closed) return;
    work.notify();
    const back = await answering(flow, away).catch(noneWhereItPasses);
    if (session.closed || back.length === 0) continue;
    // In this order the writer never sees that nothing is left out without seeing that the session is over.
    fail(session, new LeadersChanged(`${namesOf(back.map((one) => one.source))} can be read again.`));
    for (const one of back) one.answers = true;
    return;
  }
}

function noneWhereItPasses(error: unknown): LeftOut[] {
  if (error instanceof ClusterFault && error.retriable) return [];
  throw error;
}

/** Those whose leaders answer, and those whose topics are not the same any more: a session's start says what that means. */
async function answering(flow: FlowContext, away: readonly LeftOut[]): Promise<LeftOut[]> {
  const { source } = flow.options;
  const topics = await source.describeTopics([...new Set(away.map((one) => one.source.topic))]);
  const [same, others] = [away.filter(isSame), away.filter((one) => !isSame(one))];
  const byLeader = Map.groupBy(same, (one) => topics.get(one.source.topic)?.leaders[one.source.partition] ?? -1);
  byLeader.delete(-1);
  const asked = [...byLeader].map(async ([leader, led]) => {
    const places = led.map((one) => one.source);
    const errors = await errorsOfIds(source, leader, places);
    return led.filter((one) => isAnswer(errors.get(partitionName(one.source))));
  });
  return [...others, ...(await Promise.all(asked)).flat()];

  function isSame(one: LeftOut): boolean {
    return isTopic(one.source, topics.get(one.source.topic));
  }

  /** Also an error that would not pass: the next session ends with it. */
  function isAnswer(error: PartitionError = 'LEADER_NOT_AVAILABLE'): boolean {
    return error === null || kafkaError(error).retry === 'never';
  }
}
