import { askOffsets } from './ask-offsets.ts';
import type { Delivery } from './delivery.ts';
import { SessionEnded } from './faults.ts';
import { leftOutOf, toleratesOthers } from './flow-context.ts';
import { stayedAway } from './left-out.ts';
import { partitionBackoff, settleMsMax } from './limits.ts';
import { partitionName } from './losses.ts';
import { sendReady } from './produce.ts';
import { allHalted, lagRecords, reached, type Session, throwIfFailed } from './session.ts';
import type { TargetPartition } from './target-partition.ts';

/**
 * Moves what is queued to the target, until the goals are reached and committed or the flow is asked to stop. Throws what
 * ended the session. While partitions are left out nothing is caught up: what they wait for is waited for, for a time.
 */
export async function writeUntilDone(session: Session, delivery: Delivery): Promise<'caught-up' | 'stopped'> {
  const { flow, work } = session;
  const { signal, until } = flow.options;
  const wake = () => work.notify();
  signal.addEventListener('abort', wake);
  try {
    for (;;) {
      throwIfFailed(session);
      reportProgress(session, false);
      if (delivery.mustCommit()) {
        await delivery.commit();
        continue;
      }
      if (signal.aborted) return 'stopped';
      if (until === 'caught-up' && reached(session, 'committedSource')) {
        if (leftOutOf(flow).length === 0) {
          await checkEnds(session);
          return 'caught-up';
        }
        const fault = stayedAway(flow);
        if (fault !== null && flow.losses.size === 0) throw fault;
        if (fault !== null) return 'stopped';
      }
      if (allHalted(session) && reached(session, 'committedSource')) return 'stopped';
      await delivery.admit();
      sendReady(session, delivery);
      if (!delivery.mustCommit()) await work.wait();
    }
  } finally {
    signal.removeEventListener('abort', wake);
    reportProgress(session, true);
  }
}

/**
 * Behind the last commit nothing may stand: a stranger who wrote just before its marker is found here. The next session
 * looks at who it was. Brokers write the markers after they answered EndTxn, so an end below the expected one is waited for.
 */
async function checkEnds(session: Session): Promise<void> {
  const { target, clock } = session.flow.options;
  const targets = session.targets.filter((one) => one.sources.some((source) => !source.halted));
  const deadlineMs = clock.nowMs() + settleMsMax;
  for (let backoffMs: number = partitionBackoff.minMs; ; backoffMs = Math.min(backoffMs * 2, partitionBackoff.maxMs)) {
    const places = targets.map((one) => one.place);
    const ends = await askOffsets(target, places, 'latest', clock);
    const endOf = (one: TargetPartition) => ends.get(partitionName(one.place)) ?? 0n;
    const beyond = toleratesOthers(session.flow) ? undefined : targets.find((one) => endOf(one) > one.nextTarget);
    const below = targets.find((one) => endOf(one) < one.nextTarget);
    if (beyond === undefined && below === undefined) return;
    const odd = beyond ?? (clock.nowMs() >= deadlineMs ? below : undefined);
    if (odd !== undefined) {
      throw new SessionEnded(`${partitionName(odd.place)} ends at offset ${endOf(odd)} instead of ${odd.nextTarget}.`);
    }
    await clock.sleep(backoffMs);
  }
}

function reportProgress(session: Session, force: boolean): void {
  const state = () => ({ lagRecords: lagRecords(session), memoryBytesMax: session.budget.takenMax });
  const event = session.flow.progress.next(state, force);
  if (event !== null) session.flow.options.report(event);
}
