import pMap from 'p-map';
import type { Flow, MirroredTopic } from '../../src/migration/migration.ts';
import { atLeast } from '../../src/offset-map/bounds.ts';
import type { ByKeyInput, Cut } from '../../src/offset-map/translate-by-key.ts';
import { isSameTopic, type TopicPlace } from '../../src/state/by-key-codec.ts';
import type { Patience } from '../engines/native/ask-offsets.ts';
import type { Clock, LogReader, TopicDescription } from '../engines/native/ports.ts';
import type { StoredPositions } from '../engines/native/positions.ts';
import { ClusterFault } from '../kafka/cluster-fault.ts';
import { askRanges, rangeOf } from './ask-ranges.ts';
import { quietEnd } from './quiet-end.ts';
import { faultOf } from './refusal.ts';

/** A topic whose records go by key, on both sides. */
export interface ByKeyTopic {
  readonly source: string;
  readonly target: string;
  readonly input: ByKeyInput;
}

/** By the source's topic. */
export type ByKeyTopics = ReadonlyMap<string, ByKeyTopic>;

/** One of which a leader of one of the sides does not tell where its log begins and ends. */
export interface SilentTopic extends Pick<ByKeyTopic, 'source' | 'target'> {
  readonly fault: ClusterFault;
}

/** Both by the source's topic. */
export interface AskedTopics {
  readonly topics: ByKeyTopics;
  readonly silent: ReadonlyMap<string, SilentTopic>;
}

export interface ByKeyRequest extends Pick<Patience, 'untilMs'> {
  readonly flow: Pick<Flow, 'topics'>;
  readonly source: LogReader;
  readonly target: LogReader;
  /** The flow's, read in one pass before this call. */
  readonly stored: StoredPositions;
  readonly clock: Clock;
}

/** Partitions whose end is looked at together: each holds one fetch. */
const partitionsAtOnceMax = 8;

/** As `askByKeyTopics`; throws the fault of one that does not answer. */
export async function readByKeyTopics(request: ByKeyRequest): Promise<ByKeyTopics> {
  const { topics, silent } = await askByKeyTopics(request);
  for (const { fault } of silent.values()) throw fault;
  return topics;
}

/**
 * What translations need of each topic of a flow whose records go by key. Absent is one without positions, and one that was made
 * again on either side: its positions speak of another log.
 */
export async function askByKeyTopics(request: ByKeyRequest): Promise<AskedTopics> {
  const topics = request.flow.topics.filter((one) => one.byKey !== undefined);
  const sources = await request.source.describeTopics(topics.map((one) => one.source));
  const targets = await request.target.describeTopics(topics.map((one) => one.target));
  const found = new Map<string, ByKeyTopic>();
  const silent = new Map<string, SilentTopic>();
  for (const topic of topics) {
    const { source, target } = topic;
    const read = await readTopic(request, topic, sources.get(source), targets.get(target)).catch(faultOf);
    if (read instanceof ClusterFault) silent.set(source, { source, target, fault: read });
    else if (read !== null) found.set(source, read);
  }
  return { topics: found, silent };
}

/** Throws the fault of a leader that does not answer. */
async function readTopic(
  request: ByKeyRequest,
  { source, target }: MirroredTopic,
  liveSource: TopicDescription | undefined,
  liveTarget: TopicDescription | undefined,
): Promise<ByKeyTopic | null> {
  if (liveSource === undefined || liveTarget === undefined) return null;
  const { stored } = request;
  const isLive = (one: { readonly source: TopicPlace; readonly target: TopicPlace }) =>
    isSameTopic(one.source, liveSource) && isSameTopic(one.target, liveTarget);
  const positions = stored.positions.map((one) => one.record).filter((one) => one.byKey !== undefined && isLive(one));
  const ends = new Map(stored.targets.filter(isLive).map((one) => [one.partition, one.nextTarget]));
  const [first] = positions;
  if (first?.byKey === undefined || ends.size !== first.byKey.partitions) return null;
  const progress = new Map(positions.map((one) => [one.source.partition, one]));
  const now: Cut = {
    sources: liveSource.leaders.map((_, partition) => {
      const one = progress.get(partition);
      return one === undefined ? null : { recordsEnd: one.byKey?.recordsEnd ?? one.nextSource, next: one.nextSource };
    }),
    targets: Array.from({ length: ends.size }, (_, partition) => ends.get(partition) ?? 0n),
  };
  const checkpoints = stored.checkpoints.map((one) => one.record).filter(isLive);
  // A position that the cleaner took while they were read would count as not begun.
  if (checkpoints.some((cut) => cut.sources.some((one, partition) => one !== null && !progress.has(partition))))
    return null;
  const cuts = [...checkpoints.sort((a, b) => (a.number < b.number ? -1 : 1)), now];
  const logs = await rangesOf(request.source, source, liveSource.leaders.length, 'latest', request);
  const sources = logs.map((log, partition) => ({
    ...log,
    startSource: progress.get(partition)?.startSource ?? log.start,
  }));
  return { source, target, input: { cuts, sources, targets: await targetLogs(request, target, now) } };
}

async function targetLogs(request: ByKeyRequest, topic: string, { targets }: Cut) {
  const { target: log, clock } = request;
  const ranges = await rangesOf(log, topic, targets.length, 'last-stable', request);
  return pMap(
    ranges,
    async ({ start, end }, partition) => {
      const from = atLeast(targets[partition] ?? 0n, start);
      return from < end
        ? { start, end: await quietEnd(log, { topic, partition }, { from, to: end }, clock) }
        : { start, end };
    },
    { concurrency: partitionsAtOnceMax },
  );
}

async function rangesOf(
  log: LogReader,
  topic: string,
  count: number,
  endAt: 'latest' | 'last-stable',
  how: Pick<ByKeyRequest, 'clock' | 'untilMs'>,
) {
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }));
  const ranges = await askRanges(log, partitions, endAt, how);
  return partitions.map((one) => rangeOf(ranges, one));
}
