import { FencedError } from '../../kafka/cluster-fault.ts';
import { deliveries } from './delivery.ts';
import { endsFlow, gaveUp, LeadersChanged, mayPass, reasonOf } from './faults.ts';
import type { FlowContext } from './flow-context.ts';
import { startKeepingMaps } from './keep-maps.ts';
import { startTakingIn } from './left-out.ts';
import { failingMsMax, failureBackoff, failuresMax } from './limits.ts';
import { partitionName } from './losses.ts';
import type { MirrorOptions, MirrorOutcome } from './options.ts';
import type { TopicPartition } from './ports.ts';
import { createProgress } from './progress.ts';
import { recover } from './recover.ts';
import { closeSession, openSession } from './session.ts';
import { startFetching } from './source-loop.ts';
import { createThrottle } from './throttle.ts';
import { createTransactionSize } from './transaction-size.ts';
import { writeUntilDone } from './writer.ts';

/**
 * Mirrors a flow's partitions until they are caught up, or until `signal`. May be called again after any end, also after a
 * kill at any moment: it goes on from the positions, and no record is lost or doubled for readers of committed records (of
 * all records with `delivery: idempotent`). Losses stop their partitions; the others go on, and the outcome tells. Throws
 * where another process has taken over (a FencedError, or what `assertOurs` throws), and a ClusterFault where a cluster
 * refuses or sessions keep failing.
 */
export async function mirrorFlow(options: MirrorOptions): Promise<MirrorOutcome> {
  const { clock, signal, report } = options;
  if (options.delivery !== 'transactional' && options.topics.some((one) => one.byKey !== undefined)) {
    throw new Error('records go by key in transactions only');
  }
  const flow: FlowContext = {
    options: { ...options, report: countCommits },
    progress: createProgress(options.flow, clock),
    throttle: createThrottle(options.tuning.throttleBytesPerSecond, clock),
    requestSizes: new Map(),
    transactionSize: createTransactionSize(options.tuning.commitIntervalMs, clock.nowMs),
    losses: new Map(),
    passed: new Map(),
    suspects: new Map(),
    replacedCodecs: new Map(),
    topicIds: new Map(),
    goals: new Map(),
    leftOut: new Map(),
    stillUnder: null,
  };
  const committed = new Map<string, bigint>();
  let failures = 0;
  let hasLeftOpen = false;
  let failingSinceMs = clock.nowMs();
  while (!signal.aborted) {
    const lossesBefore = flow.losses.size;
    try {
      const ended = await runSession(flow);
      return outcomeOf(flow, ended === 'caught-up' ? 'caught-up' : 'interrupted');
    } catch (error) {
      flow.progress.ended('abort');
      hasLeftOpen = true;
      if (error instanceof LeadersChanged) {
        report({ event: 'retry', flow: options.flow, failures, reason: error.message });
        continue;
      }
      for (const size of [...flow.requestSizes.values(), flow.transactionSize]) size.failed();
      await assertGoesOn(options, error);
      if (failures === 0) failingSinceMs = clock.nowMs();
      failures = flow.losses.size > lossesBefore ? 0 : failures + 1;
      if (failures >= failuresMax && !(mayPass(error) && clock.nowMs() - failingSinceMs < failingMsMax)) {
        await deliveries[options.delivery].abandon(flow);
        throw gaveUp(options.target.cluster, options.flow, failures, error);
      }
      if (signal.aborted) break;
      report({ event: 'retry', flow: options.flow, failures, reason: reasonOf(error) });
      if (failures > 0) await clock.sleep(backoffMs(failures), signal);
    }
  }
  if (hasLeftOpen) await deliveries[options.delivery].abandon(flow);
  return outcomeOf(flow, 'interrupted');

  function countCommits(event: Parameters<typeof report>[0]): void {
    if (event.event === 'commit' && event.partitions.filter(moves).length > 0) failures = 0;
    report(event);
  }

  /** What a session writes again of a beginning is no progress. */
  function moves({ source, nextSource }: { readonly source: TopicPartition; readonly nextSource: bigint }): boolean {
    const name = partitionName(source);
    const before = committed.get(name);
    committed.set(name, nextSource);
    return before !== nextSource;
  }
}

/** Throws what no new session can cure. */
async function assertGoesOn(options: MirrorOptions, error: unknown): Promise<void> {
  if (error instanceof FencedError && options.assertOurs !== undefined) await options.assertOurs();
  else if (endsFlow(error)) throw error;
}

async function runSession(flow: FlowContext): Promise<'caught-up' | 'stopped'> {
  const session = openSession(flow, await recover(flow));
  const delivery = deliveries[flow.options.delivery].open(session);
  try {
    startFetching(session);
    startKeepingMaps(session);
    startTakingIn(session);
    return await writeUntilDone(session, delivery);
  } finally {
    delivery.close();
    closeSession(session);
  }
}

function outcomeOf(flow: FlowContext, result: 'caught-up' | 'interrupted'): MirrorOutcome {
  const losses = [...flow.losses.values()];
  return losses.length > 0 ? { result: 'loss', losses } : { result };
}

function backoffMs(failures: number): number {
  return Math.min(failureBackoff.maxMs, failureBackoff.minMs * 2 ** (failures - 1));
}
