import { belowCut } from '../../src/offset-map/below-cut.ts';
import { partitionName } from '../engines/native/losses.ts';
import type { Clock, LogReader } from '../engines/native/ports.ts';
import type { MirroredPartition, MirroredPartitions } from '../groups/mirrored-partition.ts';
import { logsThatParted } from '../verify/logs-still-hold.ts';

/**
 * The same partitions, each with what its source's log still bears out of its map: the mirror may not have seen, or nobody
 * decided yet, that an unclean election cut it below the position. Where nobody can tell up to where the map holds it tells
 * nothing. Throws a ClusterFault where a leader does not answer.
 */
export async function belowSourceCuts(
  source: LogReader,
  partitions: MirroredPartitions,
  clock: Clock,
): Promise<MirroredPartitions> {
  const places = [...partitions.values()].flatMap(({ source: at, sourceEpoch: lastEpoch, input }) =>
    lastEpoch === undefined || input.nextSource < input.source.start
      ? []
      : [{ ...at, offset: input.nextSource, lastEpoch }],
  );
  const parted = await logsThatParted(source, places, clock);
  const cutOf = ({ source: at, input }: MirroredPartition) => {
    const cut = parted.get(partitionName(at));
    return cut === undefined && input.nextSource <= input.source.end ? input.nextSource : (cut ?? input.startSource);
  };
  return new Map([...partitions].map(([key, one]) => [key, { ...one, input: belowCut(one.input, cutOf(one)) }]));
}
