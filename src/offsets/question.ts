/** `to-target`: offsets of the source are given. `to-source`: the other way. */
export type Direction = 'to-target' | 'to-source';

/** How the offsets that are to be translated are found on the side where they are given; topics by their names there. */
export type OffsetsQuestion =
  | { readonly by: 'group'; readonly group: string }
  /** Every group that the flows' `groups` match. */
  | { readonly by: 'all-groups' }
  | { readonly by: 'place'; readonly topic: string; readonly partition: number; readonly offset: bigint }
  | { readonly by: 'lines'; readonly lines: readonly OffsetLine[]; readonly file: string }
  /** Without a topic: all of them; without a partition: all of the topic's. */
  | { readonly by: 'time'; readonly timestampMs: bigint; readonly topic?: string; readonly partition?: number };

/** A line of CSV. */
export interface OffsetLine {
  /** 1-based. */
  readonly line: number;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}
