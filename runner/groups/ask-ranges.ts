import type { LogRange } from '../../src/offset-map/translate.ts';
import { askWhoAnswers, type Patience } from '../engines/native/ask-offsets.ts';
import { partitionFault } from '../engines/native/faults.ts';
import { partitionName } from '../engines/native/losses.ts';
import type { Clock, LogReader, TopicPartition } from '../engines/native/ports.ts';
import { ClusterFault } from '../kafka/cluster-fault.ts';

/** By `partitionName`: where a log begins and ends, or why that is not known. */
type AskedRanges = ReadonlyMap<string, LogRange | ClusterFault>;

/** Asks for the ends of those that told their starts. */
export async function askRanges(
  log: LogReader,
  partitions: readonly TopicPartition[],
  endAt: 'latest' | 'last-stable',
  { clock, untilMs }: { readonly clock: Clock } & Pick<Patience, 'untilMs'>,
): Promise<AskedRanges> {
  const patience = untilMs === undefined ? {} : { untilMs };
  const starts = await askWhoAnswers(log, partitions, 'earliest', clock, patience);
  const told = partitions.filter((one) => starts.offsets.has(partitionName(one)));
  const ends = await askWhoAnswers(log, told, endAt, clock, patience);
  const ranges = new Map<string, LogRange | ClusterFault>();
  for (const [name, start] of starts.offsets) ranges.set(name, { start, end: ends.offsets.get(name) ?? start });
  for (const [name, error] of [...starts.errors, ...ends.errors]) {
    ranges.set(name, partitionFault(log.cluster, 'ListOffsets', error, name));
  }
  return ranges;
}

/** Of a partition that was asked for. Throws its fault. */
export function rangeOf(ranges: AskedRanges, at: TopicPartition): LogRange {
  const range = ranges.get(partitionName(at));
  if (range === undefined) throw new Error(`nothing was answered for ${partitionName(at)}`);
  if (range instanceof ClusterFault) throw range;
  return range;
}
