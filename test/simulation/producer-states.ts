import type { BatchHeader } from '../../runner/records/header.ts';
import { nextSequence } from '../../runner/records/restamp.ts';

/** What a partition's leader remembers of each producer (`ProducerStateManager.java`, `ProducerAppendInfo.java`). */
export type ProducerStates = Map<bigint, ProducerState>;

interface ProducerState {
  readonly epoch: number;
  readonly nextSequence: number;
  /** The last batches of this epoch, the newest last. */
  readonly recent: readonly { readonly sequence: number; readonly recordCount: number; readonly base: bigint }[];
}

/** A repeated batch is known among the last so many of its producer (`ProducerStateEntry.NUM_BATCHES_TO_RETAIN`). */
const recentMax = 5;

export type SequenceCheck =
  | { readonly result: 'append' }
  /** It is in the log already: the broker answers with where it stands. */
  | { readonly result: 'duplicate'; readonly base: bigint }
  | { readonly result: 'refused'; readonly error: string };

/** An unknown producer may begin anywhere; a known one goes on without a gap, and with 0 in a new epoch. */
export function checkSequence(states: ProducerStates, header: BatchHeader): SequenceCheck {
  const known = states.get(header.producerId);
  if (known === undefined) return { result: 'append' };
  if (header.producerEpoch < known.epoch) return { result: 'refused', error: 'INVALID_PRODUCER_EPOCH' };
  if (header.producerEpoch > known.epoch) return inSequence(header.baseSequence === 0);
  const again = known.recent.find(
    (one) => one.sequence === header.baseSequence && one.recordCount === header.recordCount,
  );
  if (again !== undefined) return { result: 'duplicate', base: again.base };
  return inSequence(header.baseSequence === known.nextSequence);
}

function inSequence(isRight: boolean): SequenceCheck {
  return isRight ? { result: 'append' } : { result: 'refused', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' };
}

export function noteBatch(states: ProducerStates, header: BatchHeader, base: bigint): void {
  const { producerId, producerEpoch: epoch, baseSequence: sequence, recordCount } = header;
  const known = states.get(producerId);
  const before = known?.epoch === epoch ? known.recent : [];
  const recent = [...before, { sequence, recordCount, base }].slice(-recentMax);
  states.set(producerId, { epoch, nextSequence: nextSequence(sequence, recordCount), recent });
}

/** A marker moves the epoch on: older batches that are still on their way are refused. */
export function noteMarker(states: ProducerStates, producerId: bigint, epoch: number): void {
  const known = states.get(producerId);
  if (known?.epoch !== epoch) states.set(producerId, { epoch, nextSequence: 0, recent: [] });
}
