import { targetEnd } from '../../../src/offset-map/append.ts';
import type { Ahead } from '../../../src/state/records.ts';
import type { BatchFate } from '../../records/aborted.ts';
import {
  baseOffsetOf,
  baseSequenceOf,
  isControl,
  isTransactional,
  lastOffsetOf,
  producerEpochOf,
  producerIdOf,
} from '../../records/header.ts';
import { nextSequence } from '../../records/restamp.ts';
import type { FlowContext } from './flow-context.ts';
import { type Loss, type LossPlace, loss, partitionName } from './losses.ts';
import { scanBatches } from './scan.ts';
import { replaced } from './target-cut.ts';
import { foreignWriter, positionsLost } from './target-start.ts';

export interface Expected extends LossPlace {
  readonly nextTarget: bigint;
  readonly ahead: Ahead;
}

/**
 * How many records of `ahead` stand at the target, told by offsets and batch headers, so that what its cleaner took out
 * of them shifts nothing:
 *
 *   | ... | ahead, arrived | markers of sessions that came later | aborted, ours | marker |
 *          ^ nextTarget     ^ first marker                                               ^ end
 *
 * Where retention or the cleaner took whole batches in front of the first marker that is left, these were records or
 * markers. `isNext`: no session came between the one that wrote and this one, so that they can't have been markers.
 */
export async function countArrived(
  flow: FlowContext,
  expected: Expected,
  log: { readonly start: bigint; readonly end: bigint },
  isNext: boolean,
): Promise<bigint | Loss> {
  const { target, clock, ledger } = flow.options;
  const { nextTarget, ahead } = expected;
  const { topic, partition } = expected.target;
  const ours = ledger.known();
  const toldEnd = ahead.runs.reduce((_end, run) => targetEnd(run), nextTarget);
  let found: Loss | null = null;
  /** Behind the last record of `ahead` that is seen. */
  let arrivedEnd = nextTarget;
  /** Where the first thing stands that came after `ahead`. */
  let laterFrom: bigint | null = null;

  function judge(batch: Buffer, fate: BatchFate): Loss | null {
    const last = lastOffsetOf(batch);
    const isOurs = ours.includes(producerIdOf(batch));
    if (!isOurs && fate !== 'control') return foreignWriter(expected, batch);
    if (isElsewhere(batch, expected)) return replaced(expected, batch, nextTarget);
    if (last < nextTarget) return isLater(batch, ahead, ours) ? replaced(expected, batch, nextTarget) : null;
    if (fate !== 'data') {
      laterFrom ??= baseOffsetOf(batch);
      return null;
    }
    if (laterFrom !== null || last >= toldEnd || !isTold(batch, expected)) return positionsLost(expected, batch);
    arrivedEnd = last + 1n;
    return null;
  }

  const before = nextTarget - 1n;
  const from = before > log.start ? before : log.start;
  await scanBatches(target, { topic, partition, from, to: log.end }, clock, (batch, fate) => {
    found = judge(batch, fate);
    return found === null ? 'next' : 'stop';
  });
  if (found !== null) return found;
  const end = laterFrom ?? log.end;
  if (end === arrivedEnd) return arrivedEnd - nextTarget;
  return isNext && end <= toldEnd ? end - nextTarget : unknowable(expected, log.start);
}

/** Its session sent it for another offset: the target has lost what stood before it. */
function isElsewhere(batch: Buffer, { nextTarget, ahead }: Expected): boolean {
  if (isControl(batch) || isTransactional(batch)) return false;
  if (producerIdOf(batch) !== ahead.producerId || producerEpochOf(batch) !== ahead.producerEpoch) return false;
  const behind = baseOffsetOf(batch) - nextTarget;
  return behind < 0n
    ? nextSequence(baseSequenceOf(batch), Number(-behind)) !== ahead.sequence
    : nextSequence(ahead.sequence, Number(behind)) !== baseSequenceOf(batch);
}

/** It belongs to a session that came after the position was written. `ours` is in the order of first use. */
function isLater(batch: Buffer, { producerId, producerEpoch }: Ahead, ours: readonly bigint[]): boolean {
  const writer = producerIdOf(batch);
  if (writer === producerId) return producerEpochOf(batch) > producerEpoch;
  return ours.indexOf(writer) > ours.indexOf(producerId);
}

/** The batch is one of those that were told of, at the very place that was told. */
function isTold(batch: Buffer, { nextTarget, ahead }: Expected): boolean {
  const base = baseOffsetOf(batch);
  return (
    base >= nextTarget &&
    !isTransactional(batch) &&
    producerIdOf(batch) === ahead.producerId &&
    producerEpochOf(batch) === ahead.producerEpoch &&
    baseSequenceOf(batch) === nextSequence(ahead.sequence, Number(base - nextTarget))
  );
}

function unknowable(expected: Expected, logStart: bigint): Loss {
  const { nextTarget } = expected;
  return loss('target-lost', expected, {
    summary: `The target partition ${partitionName(expected.target)} deleted records from offset ${nextTarget} on before it was known how many had arrived; it starts at ${logStart} now.`,
    offsets: { nextTarget, logStart },
  });
}
