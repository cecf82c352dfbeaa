import { askOffsets } from './ask-offsets.ts';
import { commit } from './commit.ts';
import { SessionEnded } from './faults.ts';
import { partitionBackoff, settleMsMax, transactionBytesMax } from './limits.ts';
import { partitionName } from './losses.ts';
import type { MirroredPartition } from './partition.ts';
import { hasReady, sendReady } from './produce.ts';
import { fail, lagRecords, reached, type Session, throwIfFailed } from './session.ts';

/**
 * Moves what is queued to the target, transaction by transaction, until the goals are reached and committed or the flow is
 * asked to stop. Throws what ended the session.
 */
export async function writeUntilDone(session: Session): Promise<'caught-up' | 'stopped'> {
  const { flow, work, transaction } = session;
  const { signal, until } = flow.options;
  const wake = () => work.notify();
  signal.addEventListener('abort', wake);
  try {
    for (;;) {
      throwIfFailed(session);
      reportProgress(session, false);
      if (mustCommit(session)) {
        await commit(session);
        startAnew(session);
        continue;
      }
      if (signal.aborted) return 'stopped';
      if (until === 'caught-up' && reached(session, 'committedSource')) {
        await checkEnds(session);
        return 'caught-up';
      }
      if (allHalted(session) && reached(session, 'committedSource')) return 'stopped';
      await join(session);
      sendReady(session);
      if (somethingMoved(session)) startTimer(session);
      if (transaction.bytes < transactionBytesMax && !mustCommit(session)) await work.wait();
    }
  } finally {
    signal.removeEventListener('abort', wake);
    reportProgress(session, true);
  }
}

/** The first transaction of a partition stores where it began, at once: `latest` must mean the same after a kill. */
function mustCommit(session: Session): boolean {
  const { transaction, flow } = session;
  if (!transaction.open && !somethingMoved(session)) return false;
  if (transaction.due || transaction.bytes >= transactionBytesMax || flow.options.signal.aborted) return true;
  if (session.partitions.some((one) => one.fresh)) return true;
  return (flow.options.until === 'caught-up' || allHalted(session)) && reached(session, 'nextSource');
}

function allHalted(session: Session): boolean {
  return session.partitions.every((one) => one.halted);
}

function somethingMoved(session: Session): boolean {
  return session.partitions.some((one) => one.moved);
}

/** Tells the coordinator of partitions that have something to write, before their first batch (KIP-98). */
async function join(session: Session): Promise<void> {
  const { transaction, flow, producer } = session;
  const joining = session.partitions.filter((one) => !one.inTransaction && hasReady(session, one));
  if (joining.length === 0) return;
  const partitions = joining.map(({ target: { topic, partition } }) => ({ topic, partition }));
  if (!transaction.open) partitions.push({ topic: flow.options.positionsTopic, partition: 0 });
  transaction.open = true;
  await flow.options.target.addPartitions(producer, partitions);
  for (const one of joining) one.inTransaction = true;
  startTimer(session);
}

function startTimer(session: Session): void {
  const { transaction, flow } = session;
  if (transaction.timer !== null) return;
  const timer = new AbortController();
  transaction.timer = timer;
  const { clock, tuning } = flow.options;
  clock.sleep(tuning.commitIntervalMs, timer.signal).then(
    () => {
      if (timer.signal.aborted) return;
      transaction.due = true;
      session.work.notify();
    },
    (error: unknown) => {
      if (!timer.signal.aborted) fail(session, error);
    },
  );
}

function startAnew(session: Session): void {
  const { transaction } = session;
  transaction.timer?.abort();
  transaction.timer = null;
  transaction.open = false;
  transaction.due = false;
  transaction.bytes = 0;
}

/**
 * Behind the last commit nothing may stand: a stranger who wrote just before its marker is found here. The next session
 * looks at who it was. Brokers write the markers after they answered EndTxn, so an end below the expected one is waited for.
 */
async function checkEnds(session: Session): Promise<void> {
  const { target, clock } = session.flow.options;
  const partitions = session.partitions.filter((one) => !one.halted);
  const deadlineMs = clock.nowMs() + settleMsMax;
  for (let backoffMs: number = partitionBackoff.minMs; ; backoffMs = Math.min(backoffMs * 2, partitionBackoff.maxMs)) {
    const places = partitions.map((one) => one.target);
    const ends = await askOffsets(target, places, 'latest', clock);
    const endOf = (one: MirroredPartition) => ends.get(partitionName(one.target)) ?? 0n;
    const beyond = partitions.find((one) => endOf(one) > one.nextTarget);
    const below = partitions.find((one) => endOf(one) < one.nextTarget);
    if (beyond === undefined && below === undefined) return;
    const odd = beyond ?? (clock.nowMs() >= deadlineMs ? below : undefined);
    if (odd !== undefined) {
      throw new SessionEnded(`${partitionName(odd.target)} ends at offset ${endOf(odd)} instead of ${odd.nextTarget}.`);
    }
    await clock.sleep(backoffMs);
  }
}

function reportProgress(session: Session, force: boolean): void {
  const state = () => ({ lagRecords: lagRecords(session), memoryBytesMax: session.budget.takenMax });
  const event = session.flow.progress.next(state, force);
  if (event !== null) session.flow.options.report(event);
}
