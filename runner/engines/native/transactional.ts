import { createAlarm } from './alarm.ts';
import { checkSourceTopics } from './check-source-topics.ts';
import type { Delivery } from './delivery.ts';
import { SessionEnded } from './faults.ts';
import type { FlowContext } from './flow-context.ts';
import { transactionBytesMax, transactionTimeoutMs } from './limits.ts';
import { flowTransactionalId } from './options.ts';
import { hasMoved, type MirroredPartition } from './partition.ts';
import { hasReady } from './prepare.ts';
import { allHalted, awaitAnswers, reached, type Session, throwIfFailed } from './session.ts';
import { noteWritten, positionOf, reportCommit, writePositions } from './write-positions.ts';

/** Records and positions in one transaction, ended at the interval: readers of committed records see both or neither. */
export function openTransactional(session: Session): Delivery {
  const { flow, producer, partitions } = session;
  const { target, positionsTopic, tuning, until, signal } = flow.options;
  const due = createAlarm(session);
  /** The coordinator knows partitions of the transaction: it must be ended. */
  let open = false;
  let bytes = 0;

  /** Tells the coordinator of partitions that have something to write, before their first batch (KIP-98). */
  async function join(): Promise<void> {
    const joining = partitions.filter((one) => !one.inTransaction && hasReady(session, one));
    if (joining.length === 0) return;
    const names = joining.map(({ target: { topic, partition } }) => ({ topic, partition }));
    if (!open) names.push({ topic: positionsTopic, partition: 0 });
    open = true;
    await target.addPartitions(producer, names);
    for (const one of joining) one.inTransaction = true;
  }

  /** Positions may move without records; then the transaction holds nothing else. */
  async function addPositionsTopic(): Promise<void> {
    open = true;
    await target.addPartitions(producer, [{ topic: positionsTopic, partition: 0 }]);
  }

  return {
    transactional: true,
    async admit() {
      await join();
      if (open || partitions.some(hasMoved)) due.set(tuning.commitIntervalMs);
    },
    take(partition) {
      if (!partition.inTransaction || !hasReady(session, partition)) return undefined;
      const ready = partition.ready.shift();
      bytes += ready?.batch.length ?? 0;
      return ready;
    },
    taken: (ready) => flow.progress.written(ready.recordCount, ready.batch.length),
    /** The first transaction of a partition stores where it began, at once: `latest` must mean the same after a kill. */
    mustCommit() {
      if (!open && !partitions.some(hasMoved)) return false;
      if (due.rang || bytes >= transactionBytesMax || signal.aborted) return true;
      if (partitions.some((one) => one.fresh)) return true;
      return (until === 'caught-up' || allHalted(session)) && reached(session, 'nextSource');
    },
    /**
     * Order: nothing in flight, all base offsets as expected, positions, the source topics still the same, commit. Throws a
     * SessionEnded after a commit that may come again.
     */
    async commit() {
      const moved = partitions.filter((one) => hasMoved(one) || one.inTransaction);
      const checked = checkSourceTopics(session, moved);
      checked.catch(() => {});
      await awaitAnswers(session);
      if (!open) await addPositionsTopic();
      const positions = moved.map((one) => positionOf(session, one, nextTargetAfterCommit(one)));
      await writePositions(session, positions, true);
      await checked;
      throwIfFailed(session);
      const ended = await target.endTransaction(producer, 'commit');
      for (const one of positions) {
        noteWritten(one);
        one.partition.nextTarget = one.record.nextTarget;
        one.partition.writtenTarget = one.record.nextTarget;
        one.partition.inTransaction = false;
        one.partition.entered = false;
      }
      due.clear();
      open = false;
      bytes = 0;
      reportCommit(session, positions);
      if (ended.mayComeAgain)
        throw new SessionEnded('A commit was sent twice: the next transaction needs a new epoch.');
    },
    close: () => due.clear(),
  };
}

/** The commit marker takes one offset on every partition of the transaction. */
function nextTargetAfterCommit({ inTransaction, writtenTarget }: MirroredPartition) {
  return { nextTarget: inTransaction ? writtenTarget + 1n : writtenTarget };
}

/** Aborts what a failed session left open, so that readers need not wait for the broker to do it; else it does by itself. */
export async function abandonTransaction({ options }: FlowContext): Promise<void> {
  await options.target
    .initProducer(flowTransactionalId(options.migration, options.flow), transactionTimeoutMs)
    .catch(() => {});
}
