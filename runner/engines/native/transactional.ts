import { createAlarm } from './alarm.ts';
import { checkSourceTopics } from './check-source-topics.ts';
import type { Delivery } from './delivery.ts';
import { openEncodeLine } from './encode-line.ts';
import { type Fan, fanToWrite } from './fan.ts';
import { CommitRepeated } from './faults.ts';
import type { FlowContext } from './flow-context.ts';
import { throttledEndMsMax, transactionTimeoutMs } from './limits.ts';
import { flowTransactionalId } from './options.ts';
import { hasMoved } from './partition.ts';
import { restsForThrottle, sendReady } from './produce.ts';
import { allHalted, awaitAnswers, reached, type Session, throwIfFailed } from './session.ts';
import type { TargetPartition } from './target-partition.ts';
import { positionOf, reportCommit, writePositions } from './write-positions.ts';

/** Records and positions in one transaction, ended at the interval: readers of committed records see both or neither. */
export function openTransactional(session: Session): Delivery {
  const { flow, producer, partitions, targets, fans } = session;
  const { target, positionsTopic, until, signal, clock } = flow.options;
  const size = flow.transactionSize;
  const due = createAlarm(session);
  const urgent = createAlarm(session);
  const line = openEncodeLine(session);
  /** The coordinator knows partitions of the transaction: it must be ended. */
  let open = false;
  /** Nothing more is made ready, for the transaction is to end. */
  let ending = false;

  function begin(): void {
    if (!open) size.began();
    open = true;
  }

  /** Tells the coordinator of partitions that have something to write, before their first batch (KIP-98). */
  async function join(isReady: (one: TargetPartition) => boolean): Promise<void> {
    const joining = targets.filter((one) => !one.inTransaction && isReady(one));
    if (joining.length === 0) return;
    const names = joining.map(({ place: { topic, partition } }) => ({ topic, partition }));
    if (!open) names.push({ topic: positionsTopic, partition: 0 });
    begin();
    await target.addPartitions(producer, names);
    for (const one of joining) one.inTransaction = true;
  }

  /** Positions may move without records; then the transaction holds nothing else. */
  async function addPositionsTopic(): Promise<void> {
    begin();
    await target.addPartitions(producer, [{ topic: positionsTopic, partition: 0 }]);
  }

  /** What was made of batches that go by key, to the last part: a transaction must not hold some of them only. */
  async function sendShares(): Promise<void> {
    const left = fans.flatMap((fan) => fan.targets);
    urgent.set(throttledEndMsMax);
    await join(hasShares);
    for (sendReady(session, delivery); left.some(hasShares); sendReady(session, delivery)) {
      throwIfFailed(session);
      await session.work.wait();
    }
    urgent.clear();
  }

  const delivery: Delivery = {
    transactional: true,
    get isUrgent() {
      return urgent.rang;
    },
    /** What was sent before is paid off before a transaction begins: it would only wait, and the target aborts those that wait. */
    async admit() {
      if (open || !restsForThrottle(session)) {
        line.serve();
        await join(line.hasReady);
      }
      if (open || partitions.some(hasMoved)) due.set(size.durationMs);
    },
    take(one) {
      if (!one.inTransaction || !(ending || size.isFull ? hasShares(one) : line.hasReady(one))) return undefined;
      const ready = one.ready.shift();
      if (ready === undefined) return undefined;
      size.sent(ready.batch.length);
      if (one.fan !== null) one.fan.unsentBytes -= ready.batch.length;
      return ready;
    },
    taken: (ready) => flow.progress.written(ready.recordCount, ready.batch.length),
    /** The first transaction of a partition stores where it began, at once: `latest` must mean the same after a kill. */
    mustCommit() {
      if (!open && !partitions.some(hasMoved)) return false;
      if (due.rang || size.isFull || signal.aborted) return true;
      if (partitions.some((one) => one.fresh)) return true;
      return (until === 'caught-up' || allHalted(session)) && reached(session, 'nextSource');
    },
    /**
     * Order: no part of a batch left, nothing in flight, all base offsets as expected, positions, the source topics still the
     * same, commit. Throws a SessionEnded after a commit that may come again.
     */
    async commit() {
      ending = true;
      await sendShares();
      const moved = partitions.filter((one) => hasMoved(one) || (one.to.fan === null && one.to.inTransaction));
      const checked = checkSourceTopics(session, moved);
      checked.catch(() => {});
      await awaitAnswers(session);
      if (!open) await addPositionsTopic();
      for (const one of moved) if (one.to.fan !== null) one.writtenSource = one.nextSource;
      const positions = moved.map((one) => positionOf(session, one, { nextTarget: endAfterCommit(one.to) }));
      const written = fans
        .filter(isConcerned)
        .map((fan) => fanToWrite(fan, fan.targets.map(endAfterCommit), clock.nowMs()));
      const fanRecords = written.map((one) => one.records);
      await writePositions(session, positions, true, fanRecords);
      await checked;
      throwIfFailed(session);
      const ended = await target.endTransaction(producer, 'commit');
      for (const one of [...positions, ...written]) one.noteWritten();
      for (const one of targets) endTransaction(one);
      due.clear();
      open = false;
      ending = false;
      size.committed();
      reportCommit(session, positions);
      if (ended.mayComeAgain) throw new CommitRepeated();
    },
    close() {
      due.clear();
      urgent.clear();
    },
  };
  return delivery;
}

function hasShares({ fan, ready }: TargetPartition): boolean {
  return fan !== null && ready.length > 0;
}

/** Something of it moves with this commit. */
function isConcerned({ sources, targets }: Fan): boolean {
  return sources.some(hasMoved) || targets.some((one) => one.inTransaction);
}

/** The commit marker takes one offset on every partition of the transaction. */
function endAfterCommit({ inTransaction, writtenTarget }: TargetPartition): bigint {
  return inTransaction ? writtenTarget + 1n : writtenTarget;
}

function endTransaction(target: TargetPartition): void {
  const end = endAfterCommit(target);
  target.nextTarget = end;
  target.writtenTarget = end;
  target.inTransaction = false;
  target.entered = false;
}

/** Aborts what a failed session left open, so that readers need not wait for the broker to do it; else it does by itself. */
export async function abandonTransaction({ options }: FlowContext): Promise<void> {
  await options.target
    .initProducer(flowTransactionalId(options.migration, options.flow), transactionTimeoutMs)
    .catch(() => {});
}
