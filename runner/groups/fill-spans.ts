import type { Segment } from '../../src/offset-map/segment.ts';
import type { Span } from '../../src/offset-map/span.ts';
import type { TranslationInput } from '../../src/offset-map/translate.ts';
import type { Clock, LogReader, TopicPartition } from '../engines/native/ports.ts';
import { segmentsOfSpan } from '../engines/native/scan-span.ts';
import { type MirroredPartition, type MirroredPartitions, partitionKey } from './mirrored-partition.ts';

export interface SpanWorld {
  readonly source: LogReader;
  readonly target: LogReader;
  readonly clock: Clock;
}

/** An offset that will be asked for. */
export interface AskedOffset extends TopicPartition {
  readonly offset: bigint;
}

/**
 * The same partitions, with the segments of every span in which one of these offsets of the source, or of the target, stands,
 * read from both logs. A span of which they no longer tell, as where a log ends below, stays: translations in it are `unknown`.
 */
export async function fillSpans(
  world: SpanWorld,
  partitions: MirroredPartitions,
  asked: readonly AskedOffset[],
  side: 'source' | 'target' = 'source',
): Promise<MirroredPartitions> {
  const offsets = Map.groupBy(asked, partitionKey);
  const filled = new Map<string, MirroredPartition>();
  for (const [key, partition] of partitions) {
    const wanted = offsets.get(partitionKey(partition[side])) ?? [];
    const isAsked = (span: Span) => wanted.some(({ offset }) => offset > span[side] && offset < span[`${side}End`]);
    filled.set(key, await fillPartition(world, partition, isAsked));
  }
  return filled;
}

/** The same for one partition and the spans that are chosen, one after the other. */
export async function fillPartition(
  world: SpanWorld,
  partition: MirroredPartition,
  isChosen: (span: Span) => boolean = () => true,
): Promise<MirroredPartition> {
  const { input } = partition;
  const found = new Map<Span, readonly Segment[]>();
  for (const span of input.spans ?? []) {
    const segments = isChosen(span) ? await segmentsFor(world, partition, span) : null;
    if (segments !== null) found.set(span, segments);
  }
  return found.size === 0 ? partition : { ...partition, input: withSegments(input, found) };
}

function withSegments(input: TranslationInput, found: ReadonlyMap<Span, readonly Segment[]>): TranslationInput {
  const segments = [...input.segments, ...[...found.values()].flat()];
  return {
    ...input,
    segments: segments.sort((a, b) => (a.source < b.source ? -1 : 1)),
    spans: (input.spans ?? []).filter((one) => !found.has(one)),
  };
}

/** Of each source: groups that lag far behind are translated again and again. A span's segments take up to 2 MB. */
const spansRememberedMax = 16;
const remembered = new WeakMap<LogReader, Map<string, readonly Segment[]>>();

async function segmentsFor(
  { source, target, clock }: SpanWorld,
  { source: from, target: to, input }: MirroredPartition,
  span: Span,
): Promise<readonly Segment[] | null> {
  const known = remembered.get(source) ?? new Map<string, readonly Segment[]>();
  remembered.set(source, known);
  if (span.sourceEnd > input.source.end || span.targetEnd > input.target.end) return null;
  const starts = { source: input.source.start, target: input.target.start };
  const key = [
    partitionKey(from),
    target.cluster,
    partitionKey(to),
    starts.source,
    starts.target,
    ...[span.source, span.sourceEnd, span.target, span.targetEnd, span.records],
  ].join(' ');
  const before = known.get(key);
  if (before !== undefined) return before;
  const segments = await segmentsOfSpan(span, {
    source: { log: source, at: from, start: starts.source },
    target: { log: target, at: to, start: starts.target },
    clock,
  });
  if (segments === null) return null;
  const [oldest] = known.keys();
  if (oldest !== undefined && known.size >= spansRememberedMax) known.delete(oldest);
  known.set(key, segments);
  return segments;
}
