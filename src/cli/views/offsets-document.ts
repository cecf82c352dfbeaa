import type { AnsweredOffset } from '../../../runner/offsets/asked-offset.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { Direction } from '../../offsets/question.ts';

/** The JSON document of `kplan offsets`: schema/offsets.v1.schema.json. Offsets and counts of records are strings. */
export interface OffsetsDocument {
  readonly formatVersion: string;
  readonly direction: Direction;
  readonly group?: string;
  /** RFC 3339 in UTC. */
  readonly timestamp?: string;
  readonly partitions: readonly TranslatedPartition[];
  /** With `--write` alone. */
  readonly writes?: readonly ShownWrite[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface TranslatedPartition {
  /** Empty where no flow mirrors the place, or more than one. */
  readonly flow: string;
  readonly group?: string;
  readonly line?: number;
  readonly source: PlacedOffset | null;
  readonly target: PlacedOffset | null;
  readonly result: AnsweredOffset['result'];
  readonly why?: NonNullable<AnsweredOffset['why']>;
  /** Records that are read a second time; exact translations have none. */
  readonly rereadRecords: string;
}

export interface PlacedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/** What is written to one topic of another tool's. Counts of records are strings. */
export interface ShownWrite {
  readonly flow: string;
  readonly cluster: string;
  readonly topic: string;
  readonly kind: 'checkpoints' | 'offset-syncs';
  /** The topic is not there before. */
  readonly create: boolean;
  readonly records: string;
  /** They stand there already. */
  readonly unchanged: string;
  /** Whether it was done. */
  readonly written: boolean;
}

/** One offset and what became of it. */
export interface OffsetAnswer extends AnsweredOffset {
  readonly flow: string;
}

export interface OffsetsAsked {
  readonly direction: Direction;
  readonly group?: string | undefined;
  readonly timestampMs?: bigint | undefined;
}

const formatVersion = '1.1';

export function offsetsDocument(
  { direction, group, timestampMs }: OffsetsAsked,
  answers: readonly OffsetAnswer[],
  diagnostics: readonly Diagnostic[],
): OffsetsDocument {
  return {
    formatVersion,
    direction,
    ...(group === undefined ? {} : { group }),
    ...(timestampMs === undefined ? {} : { timestamp: timeText(timestampMs) }),
    partitions: answers.map((one) => translated(one, direction)),
    diagnostics,
  };
}

function translated({ flow, asked, found, result, why, rereadRecords, byKey }: OffsetAnswer, direction: Direction) {
  const given = byKey === 'together' ? null : asked;
  const [source, target] = direction === 'to-target' ? [given, found] : [found, given];
  return {
    flow,
    ...(asked.group === undefined ? {} : { group: asked.group }),
    ...(asked.line === undefined ? {} : { line: asked.line }),
    source: placed(source),
    target: placed(target),
    result,
    ...(why === undefined ? {} : { why }),
    rereadRecords: `${rereadRecords}`,
  } satisfies TranslatedPartition;
}

function placed(place: AnsweredOffset['found']): PlacedOffset | null {
  return place === null ? null : { topic: place.topic, partition: place.partition, offset: `${place.offset}` };
}

/** Milliseconds beyond what a date can say stay a number. */
function timeText(timestampMs: bigint): string {
  const date = new Date(Number(timestampMs));
  return Number.isNaN(date.getTime()) ? `${timestampMs}` : date.toISOString();
}
