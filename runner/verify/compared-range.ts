import { sourceEnd } from '../../src/offset-map/append.ts';
import { atLeast } from '../../src/offset-map/bounds.ts';
import type { LogRange, TranslationInput } from '../../src/offset-map/translate.ts';

/** What both sides can still show of one partition: `end` is exclusive. */
export interface ComparedRange {
  readonly source: LogRange;
  readonly target: LogRange;
}

/**
 * From the later of both log starts, taken through the map, to what was mirrored when the position was read. A record
 * that either side has deleted by retention is in neither range.
 *
 *   source   start |- - - - - - |==================| nextSource   what came later is not compared
 *   target                start |==================| nextTarget
 */
export function comparedRange(input: TranslationInput): ComparedRange {
  let sourceStart = atLeast(atLeast(input.source.start, input.startSource), mapStart(input));
  let targetStart = input.nextTarget;
  for (const segment of input.segments) {
    const gone = atLeast(sourceStart - segment.source, input.target.start - segment.target);
    if (gone < segment.length) {
      targetStart = segment.target + atLeast(gone, 0n);
      if (gone > 0n) sourceStart = segment.source + gone;
      break;
    }
    sourceStart = atLeast(sourceStart, sourceEnd(segment));
  }
  return {
    source: { start: sourceStart, end: input.nextSource },
    target: { start: targetStart, end: input.nextTarget },
  };
}

/** Below it the map no longer tells what was mirrored: neither log held it when it was dropped. */
function mapStart({ trimmed, segments, nextSource }: TranslationInput): bigint {
  return trimmed === true ? (segments[0]?.source ?? nextSource) : 0n;
}
