import { atLeast } from '../../src/offset-map/bounds.ts';
import { CorruptBatchError } from '../records/corrupt-batch.ts';
import { baseOffsetOf, lastOffsetOf, leaderEpochOf } from '../records/header.ts';
import { offsetOf, type RecordCursor } from '../records/record-cursor.ts';
import { isStretch } from '../records/stretch.ts';
import { type BatchStream, locatedError, openBatchStream, type StreamRange, type StreamWorld } from './batch-stream.ts';
import { type OpenedRecords, openRecords } from './open-records.ts';

/** One log in the middle of a comparison: at a batch that is not opened yet, at a record, or at its end. */
export interface LogSide {
  /** Moves to the next batch where neither a batch nor a record is at hand; false where more must be fetched first. */
  ready(): boolean;
  /** Fetches on; where nothing comes the log has ended. */
  fill(): Promise<void>;
  /** Opens the batch at hand; where none of its records is in the range, nothing is at hand then. */
  open(): void;
  /** Moves to the next record of the opened batch; where there is none, nothing is at hand then. */
  moveOn(): void;
  /** Leaves the batch at hand as a whole. */
  leaveBatch(): void;
  /** Goes on at this offset. */
  seek(offset: bigint): Promise<void>;
  close(): Promise<void>;
  /** The batch at hand, as stored and not opened; undefined where a record is at hand, or nothing. */
  readonly batch: Buffer | undefined;
  /** Whether one batch is at hand that lies in the range as a whole. */
  readonly isWhole: boolean;
  /** At the record at hand; undefined where none is. */
  readonly cursor: RecordCursor | undefined;
  /** Base offset of the batch at hand, or of that which the record at hand stands in; else the end of the range. */
  readonly batchBase: bigint;
  /** The same counted from the cursor's beginning; 0 where there is none. */
  readonly batchDelta: number;
  /** Leader epoch of the last batch that was looked into or left; -1 before there was one, or where it has none. */
  readonly epoch: number;
  readonly ended: boolean;
  /** Of the record at hand, or the first one of the batch at hand that may be in the range; else the end of the range. */
  readonly offset: bigint;
  readonly logStart: bigint;
}

export function openLogSide(world: StreamWorld, range: StreamRange): LogSide {
  const stream: BatchStream = openBatchStream(world, range);
  let batch: Buffer | undefined;
  let records: OpenedRecords | undefined;
  let ended = false;
  let epoch = -1;
  /** Of the opened batch: the first offset delta behind the range. */
  let endDelta = 0;

  function moveOn(): void {
    if (records === undefined) return;
    try {
      if (!records.next()) records = undefined;
    } catch (error) {
      throw error instanceof CorruptBatchError ? locatedError(world, range, error) : error;
    }
    if (records === undefined || records.at.offsetDelta < endDelta) return;
    records = undefined;
    ended = true;
  }

  function open(): void {
    if (batch === undefined) return;
    epoch = leaderEpochOf(batch);
    try {
      records = openRecords(batch);
    } catch (error) {
      throw error instanceof CorruptBatchError ? locatedError(world, range, error) : error;
    }
    batch = undefined;
    const { baseOffset } = records.at.batch.header;
    const firstDelta = Number(stream.floor - baseOffset);
    endDelta = Number(range.to - baseOffset);
    moveOn();
    while (records !== undefined && records.at.offsetDelta < firstDelta) moveOn();
  }

  return {
    ready() {
      if (batch !== undefined || records !== undefined || ended) return true;
      batch = stream.next();
      return batch !== undefined;
    },
    async fill() {
      ended = !(await stream.fill());
    },
    open,
    moveOn,
    leaveBatch() {
      if (batch !== undefined) epoch = leaderEpochOf(batch);
      batch = undefined;
    },
    async seek(offset) {
      batch = undefined;
      records = undefined;
      ended = false;
      await stream.seek(offset);
    },
    close: stream.close,
    get batch() {
      return batch;
    },
    get isWhole() {
      if (batch === undefined || isStretch(batch)) return false;
      return baseOffsetOf(batch) >= stream.floor && lastOffsetOf(batch) < range.to;
    },
    get batchBase() {
      if (records !== undefined) return records.at.batch.header.baseOffset + BigInt(records.batchDelta());
      return batch === undefined ? range.to : baseOffsetOf(batch);
    },
    get batchDelta() {
      return records?.batchDelta() ?? 0;
    },
    get cursor() {
      return records?.at;
    },
    get epoch() {
      return epoch;
    },
    get ended() {
      return ended;
    },
    get offset() {
      if (records !== undefined) return offsetOf(records.at);
      if (batch === undefined) return range.to;
      return atLeast(baseOffsetOf(batch), stream.floor);
    },
    get logStart() {
      return stream.logStart;
    },
  };
}
