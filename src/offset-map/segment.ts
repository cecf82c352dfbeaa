/**
 * A run of records whose offsets differ by one constant between source and target:
 *
 *   source   | 100 101 102 | (103 commit marker) | 104 105 |
 *   target   |  90  91  92 |  (93 commit marker) |  94  95 |
 *
 *   { source: 100n, target: 90n, length: 3n }, { source: 104n, target: 94n, length: 2n }
 *
 * Every offset of a segment is a data record on both sides. Segments are ordered and never overlap, on both sides.
 * Offsets between two segments hold nothing that is mirrored (markers, aborted or compacted records).
 */
export interface Segment {
  readonly source: bigint;
  readonly target: bigint;
  readonly length: bigint;
}
