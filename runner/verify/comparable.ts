import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { flowAddress } from '../../src/execution-plan/address.ts';
import { targetEnd } from '../../src/offset-map/append.ts';
import { atLeast, atMost } from '../../src/offset-map/bounds.ts';
import type { Span } from '../../src/offset-map/span.ts';
import type { TranslationInput } from '../../src/offset-map/translate.ts';
import { scanBatches } from '../engines/native/scan.ts';
import { fillPartition, type SpanWorld } from '../groups/fill-spans.ts';
import { type MirroredPartition, partitionKey } from '../groups/mirrored-partition.ts';
import { baseOffsetOf, recordCountOf } from '../records/header.ts';

/** Spans of one partition whose segments are held while it is compared: up to 2 MB each, a million transactions together. */
const spansComparedMax = 64;

export interface Comparable {
  readonly partition: MirroredPartition;
  /** Where a part of it is left out. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface WhatIsCompared {
  /** A cleaner may take records on one side at least. */
  readonly isCompacted: boolean;
  /** What an earlier run has compared: below this source offset no map is needed. */
  readonly verified: bigint;
}

/**
 * A partition whose map is whole from where its comparison begins: the segments of spans are read from both logs. Where these
 * do not tell any more, or there are too many, the comparison begins behind; an error where no cleaner may have taken what is
 * missing.
 */
export async function comparable(
  world: SpanWorld,
  flow: string,
  partition: MirroredPartition,
  { isCompacted, verified }: WhatIsCompared,
): Promise<Comparable> {
  const needed = (partition.input.spans ?? []).filter((one) => one.sourceEnd > verified);
  const newest = new Set<Span>(needed.slice(-spansComparedMax));
  const filled = await fillPartition(world, partition, (span) => newest.has(span));
  const { input } = filled;
  const unfilled = input.spans ?? [];
  const wholeFrom = unfilled.at(-1)?.sourceEnd ?? input.segments[0]?.source ?? 0n;
  const isWhole = input.trimmed !== true && unfilled.length === 0;
  const start = atLeast(isWhole ? 0n : wholeFrom, firstHeld(partition.input, input));
  const left = unfilled.filter((one) => needed.includes(one));
  const last = left.at(-1);
  const wasCut = (span: Span) => span.records === 0n;
  const missing = isCompacted
    ? []
    : left.filter((one) => newest.has(one) && !wasCut(one)).map((one) => notThere(flow, partition, one));
  const diagnostics = [
    ...missing,
    ...(last === undefined ? [] : [leftOut(flow, partition, last.sourceEnd, 'keeps only ends')]),
    ...(last === undefined && (await holdsTrimmed(world, filled, verified))
      ? [leftOut(flow, partition, mapStart(input).source, 'holds nothing any more')]
      : []),
  ];
  return { partition: { ...filled, input: from(input, start) }, diagnostics };
}

function leftOut(flow: string, { source }: MirroredPartition, from: bigint, why: string): Diagnostic {
  return diagnostic('KP6031', {
    address: flowAddress(flow),
    summary: `${partitionKey(source)} is compared from source offset ${from} on: of what stands below, the offset map ${why}.`,
  });
}

/** Where what is known of the map begins on both sides. */
function mapStart({ segments, nextSource, nextTarget }: TranslationInput): Pick<Span, 'source' | 'target'> {
  return segments[0] ?? { source: nextSource, target: nextTarget };
}

/**
 * Whether both logs begin below a map without its oldest part, and the source has records there that may have been mirrored.
 * Pieces that are dropped as the logs' starts move on stand below one of them; a way on may have given up others.
 */
async function holdsTrimmed(
  { source, clock }: SpanWorld,
  { source: at, input }: MirroredPartition,
  verified: bigint,
): Promise<boolean> {
  const first = mapStart(input);
  const from = atLeast(input.source.start, input.startSource);
  const to = atMost(first.source, input.source.end);
  if (input.trimmed !== true || first.source <= verified || first.target <= input.target.start || from >= to)
    return false;
  let holds = false;
  await scanBatches(source, { topic: at.topic, partition: at.partition, from, to }, clock, (batch, fate) => {
    holds = fate === 'data' && recordCountOf(batch) > 0 && baseOffsetOf(batch) < to;
    return holds ? 'stop' : 'next';
  });
  return holds;
}

function notThere(flow: string, { source, target }: MirroredPartition, span: Span): Diagnostic {
  return diagnostic('KP6032', {
    address: flowAddress(flow),
    summary: `${partitionKey(source)} from offset ${span.source} to ${span.sourceEnd}, or ${partitionKey(target)} from ${span.target} to ${span.targetEnd}, does not hold the ${span.records} records as they were mirrored there.`,
  });
}

/**
 * Of a span that the target holds no longer as a whole, the source's records that have no counterpart any more have no segment
 * either: what comes from the first one on that still has.
 */
function firstHeld({ spans = [], target }: TranslationInput, { segments }: TranslationInput): bigint {
  if (!spans.some((one) => one.target < target.start)) return 0n;
  return segments.find((one) => targetEnd(one) > target.start)?.source ?? 0n;
}

/** Of a map whose beginning is missing, what is whole. */
function from(input: TranslationInput, start: bigint): TranslationInput {
  return {
    ...input,
    startSource: atLeast(input.startSource, start),
    segments: input.segments.filter((one) => one.source >= start),
    spans: [],
  };
}
