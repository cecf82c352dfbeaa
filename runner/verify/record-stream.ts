import { CorruptBatchError } from '../records/corrupt-batch.ts';
import { offsetOf, type RecordCursor } from '../records/record-cursor.ts';
import { locatedError, openBatchStream, type StreamRange, type StreamWorld } from './batch-stream.ts';
import { type OpenedRecords, openRecords } from './open-records.ts';

/**
 * The committed data records of one partition in order, one at hand at a time and no object a record:
 * `while (stream.step() || (await stream.fill()))` looks at each.
 */
export interface RecordStream {
  /** Moves to the next record of what was fetched; false where that is used up. */
  step(): boolean;
  /** Fetches on and moves to the next record; false where the range or the log ends. */
  fill(): Promise<boolean>;
  /** The record at hand; only after `step` or `fill` said true. */
  readonly cursor: RecordCursor;
  readonly offset: bigint;
  readonly logStart: bigint;
  close(): Promise<void>;
}

/** Throws a ClusterFault where the partition cannot be read, CorruptBatchError where its bytes cannot. */
export function openRecordStream(world: StreamWorld, range: StreamRange): RecordStream {
  const batches = openBatchStream(world, range);
  let records: OpenedRecords | undefined;
  let offset = -1n;

  function stepOn(): boolean {
    for (;;) {
      while (records?.next() === true) {
        offset = offsetOf(records.at);
        if (offset >= range.to) return false;
        if (offset >= batches.floor) return true;
      }
      const batch = batches.next();
      records = batch === undefined ? undefined : openRecords(batch);
      if (records === undefined) return false;
    }
  }

  function step(): boolean {
    try {
      return stepOn();
    } catch (error) {
      throw error instanceof CorruptBatchError ? locatedError(world, range, error) : error;
    }
  }

  return {
    step,
    async fill() {
      records = undefined;
      while (await batches.fill()) if (step()) return true;
      return false;
    },
    get cursor() {
      if (records === undefined) throw new Error('No record is at hand.');
      return records.at;
    },
    get offset() {
      return offset;
    },
    get logStart() {
      return batches.logStart;
    },
    close: batches.close,
  };
}
