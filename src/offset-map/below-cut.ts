import { sourceEnd } from './append.ts';
import { atMost } from './bounds.ts';
import type { Segment } from './segment.ts';
import { cutSpan } from './span.ts';
import type { TranslationInput } from './translate.ts';

/** Records of a map below a source offset. */
export function segmentsBelow(segments: readonly Segment[], cut: bigint): Segment[] {
  return segments
    .filter((one) => one.source < cut)
    .map((one) => ({ ...one, length: atMost(sourceEnd(one), cut) - one.source }));
}

/**
 * What a map says once its source was cut at an offset: from there on nothing is mirrored yet, and what the target holds of
 * it leads back to the cut.
 */
export function belowCut(input: TranslationInput, cut: bigint): TranslationInput {
  if (cut >= input.nextSource) return input;
  return {
    ...input,
    segments: segmentsBelow(input.segments, cut),
    spans: (input.spans ?? []).filter((one) => one.source < cut).map((one) => cutSpan(one, cut)),
    nextSource: cut,
  };
}
