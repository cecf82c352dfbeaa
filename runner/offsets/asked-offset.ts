import type { UnknownReason } from '../../src/offset-map/translate.ts';
import type { TopicPartition } from '../engines/native/ports.ts';
import type { ClusterFault } from '../kafka/cluster-fault.ts';

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
  /**
   * Of `unknown` alone. `by-key`: from the target's offsets none of a source's can be told. `with-others`: another offset of the
   * same group in the topic has no place, and they have one together. `unanswered`: no leader tells where one of the logs begins
   * and ends, which `fault` says.
   */
  readonly why?: UnknownReason | 'by-key' | 'with-others' | 'unanswered';
  readonly fault?: ClusterFault;
  readonly rereadRecords: bigint;
  /**
   * Records of the topic go by key: one of the offsets, in each target partition, that `asked` leads to, alone or `together` with
   * the group's others in the topic. `rereadRecords` are those of all of them.
   */
  readonly byKey?: 'alone' | 'together';
}
