import type { UnknownReason } from '../../src/offset-map/translate.ts';
import type { TopicPartition } from '../engines/native/ports.ts';

/** An offset on the side where offsets are given: what a consumer reads next there. */
export interface AskedOffset extends TopicPartition {
  readonly offset: bigint;
  /** The group that committed it. */
  readonly group?: string;
  /** What it committed beside. */
  readonly metadata?: string | null;
  /** The line of the CSV in which it stands. */
  readonly line?: number;
}

/** What became of it: never guessed. `at-least-once`: nothing is skipped, `rereadRecords` are read again. */
export interface AnsweredOffset {
  readonly asked: AskedOffset;
  /** Where the consumer goes on on the other side; null where nothing is translated. */
  readonly found: (TopicPartition & { readonly offset: bigint }) | null;
  readonly result: 'translated' | 'at-least-once' | 'below-start' | 'above-end' | 'unknown';
  /** Of `unknown` alone. */
  readonly why?: UnknownReason;
  readonly rereadRecords: bigint;
}
