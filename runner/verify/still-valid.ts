import type { PositionRecord } from '../../src/state/records.ts';
import type { VerifiedRecord } from '../../src/state/verified-codec.ts';
import type { MirroredPartition } from '../groups/mirrored-partition.ts';
import { comparedRange } from './compared-range.ts';
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
  const range = comparedRange(input);
  return (
    verified.source.topicId === position.source.topicId &&
    verified.target.topicId === position.target.topicId &&
    verified.target.partition === position.target.partition &&
    nextSource <= position.nextSource &&
    nextTarget <= position.nextTarget &&
    nextSource <= input.source.end &&
    nextTarget <= input.target.end &&
    range.source.start <= nextSource &&
    range.target.start <= nextTarget &&
    placeAtOrBehind(input.segments, nextSource) === nextTarget
  );
}
