import type { Segment } from './segment.ts';

/** A position record holds no more segments than this; it is written with every transaction. */
export const positionSegmentsMax = 64;
/** What stays in the position record when older ones are split off; the rest of the room keeps chunks from being tiny. */
export const positionSegmentsKept = 16;
/** Segments in one sealed chunk: about 32 kB of text. */
export const chunkSegmentsMax = 4096;

export interface Sealed {
  /** The newest segments, for the position record. */
  readonly open: Segment[];
  /** Older ones, oldest first, none empty: each a record of its own that never changes again. */
  readonly chunks: readonly (readonly Segment[])[];
}

/**
 * Splits off what a position record has no room for. The last segment always stays open, for it may still grow; chunks
 * and open segments in this order are the whole list again.
 */
export function sealOlder(segments: readonly Segment[]): Sealed {
  if (segments.length <= positionSegmentsMax) return { open: [...segments], chunks: [] };
  const sealedCount = segments.length - positionSegmentsKept;
  const chunks: (readonly Segment[])[] = [];
  for (let at = 0; at < sealedCount; at += chunkSegmentsMax) {
    chunks.push(segments.slice(at, Math.min(at + chunkSegmentsMax, sealedCount)));
  }
  return { open: segments.slice(sealedCount), chunks };
}
