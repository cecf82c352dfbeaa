import type { LossKind } from '../../runner/engines/native/losses.ts';
import type { MirrorOutcome } from '../../runner/engines/native/options.ts';

/** Kind and source partition of each loss that ended the mirror, by partition; none where it ended otherwise. */
export function lossesOf(outcome: MirrorOutcome): readonly (readonly [LossKind, number])[] {
  if (outcome.result !== 'loss') return [];
  const losses = outcome.losses.toSorted((a, b) => a.source.partition - b.source.partition);
  return losses.map(({ kind, source }) => [kind, source.partition]);
}
