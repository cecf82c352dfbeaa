import type { TranslationInput } from '../../src/offset-map/translate.ts';
import type { PositionRecord } from '../../src/state/records.ts';
import type { VerifiedRecord } from '../../src/state/verified-codec.ts';
import type { MirroredPartition } from '../groups/mirrored-partition.ts';
import { placeAtOrBehind } from './segment-cursor.ts';

/**
 * Whether a record of what was verified still speaks of these logs, as far as positions and offset map tell: the same
 * topics on both sides, everything below it mirrored and still within both logs' ends, the map cut at the same place, and
 * something of it left after retention. Whether a log was truncated below it meanwhile only its leader can tell
 * (`logsStillHold`).
 */
export function isStillValid(
  verified: VerifiedRecord,
  position: Pick<PositionRecord, 'source' | 'target' | 'nextSource' | 'nextTarget'>,
  { input }: Pick<MirroredPartition, 'input'>,
): boolean {
  const { nextSource, nextTarget } = verified;
  return (
    verified.source.topicId === position.source.topicId &&
    verified.target.topicId === position.target.topicId &&
    verified.target.partition === position.target.partition &&
    nextSource <= position.nextSource &&
    nextTarget <= position.nextTarget &&
    nextSource <= input.source.end &&
    nextTarget <= input.target.end &&
    input.startSource <= nextSource &&
    input.source.start <= nextSource &&
    input.target.start <= nextTarget &&
    isCutThere(input, nextSource, nextTarget)
  );
}

/** Within a span of the map only its ends are known. */
function isCutThere({ spans = [], segments }: TranslationInput, source: bigint, target: bigint): boolean {
  const span = spans.find((one) => one.sourceEnd > source);
  if (span === undefined) return placeAtOrBehind(segments, source) === target;
  return source <= span.source ? target === span.target : target >= span.target && target <= span.targetEnd;
}
