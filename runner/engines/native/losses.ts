import type { DiagnosticCode } from '../../../src/diagnostics/codes.ts';
import { type Diagnostic, diagnostic } from '../../../src/diagnostics/diagnostic.ts';
import type { TopicPartition } from './ports.ts';

/** What a person must decide about; each stops its partition. */
export const lossCodes = {
  /** The source deleted records before they were mirrored. */
  retention: 'KP5001',
  /** Another source topic stands under the same name. */
  recreated: 'KP5002',
  /** The source log ends below the position. */
  truncated: 'KP5003',
  'foreign-writer': 'KP5004',
  /** The target log ends below the position. */
  'target-lost': 'KP5005',
  'target-recreated': 'KP5006',
  'source-gone': 'KP5007',
  'target-gone': 'KP5008',
  /** The target refuses a batch for good. */
  refused: 'KP5009',
  damaged: 'KP5011',
  /** Committed records of ours at the target that no position speaks of. */
  'positions-lost': 'KP5012',
  /** Its records went to other partitions before. */
  partitioning: 'KP5020',
} as const satisfies Readonly<Record<string, DiagnosticCode>>;

export type LossKind = keyof typeof lossCodes;

export interface Loss {
  readonly kind: LossKind;
  readonly source: TopicPartition;
  readonly target: TopicPartition;
  /** The offsets it is about, by name, e.g. `{ position: 5n, logStart: 9n }`. */
  readonly offsets: Readonly<Record<string, bigint>>;
  readonly diagnostic: Diagnostic;
  /** No way leads on from it, whatever its kind. */
  readonly isFinal?: true;
}

export interface LossPlace {
  readonly flow: string;
  readonly source: TopicPartition;
  readonly target: TopicPartition;
}

export interface LossParts {
  readonly summary: string;
  readonly offsets?: Readonly<Record<string, bigint>>;
  readonly detail?: string | undefined;
  readonly fix?: string | undefined;
}

export function loss(kind: LossKind, place: LossPlace, parts: LossParts): Loss {
  return {
    kind,
    source: { topic: place.source.topic, partition: place.source.partition },
    target: { topic: place.target.topic, partition: place.target.partition },
    offsets: parts.offsets ?? {},
    diagnostic: diagnostic(lossCodes[kind], {
      address: `flow/${encodeURIComponent(place.flow)}`,
      summary: parts.summary,
      detail: parts.detail,
      fix: parts.fix,
    }),
  };
}

/** `orders-3`, as Kafka's own tools write it; also the key of maps. */
export function partitionName(at: TopicPartition): string {
  return `${at.topic}-${at.partition}`;
}

/** Names that a message tells before it only counts. */
const namesMax = 5;

export function namesOf(places: readonly TopicPartition[]): string {
  const names = places.slice(0, namesMax).map(partitionName).join(', ');
  return places.length <= namesMax ? names : `${names} and ${places.length - namesMax} more`;
}

export function lostToRetention(place: LossPlace, position: bigint, logStart: bigint): Loss {
  return loss('retention', place, {
    summary: `${partitionName(place.source)} was mirrored up to offset ${position}, but the source now starts at ${logStart}: ${logStart - position} offsets were deleted before they were mirrored.`,
    offsets: { position, logStart },
  });
}

export function truncated(place: LossPlace, position: bigint, end: bigint): Loss {
  return loss('truncated', place, {
    summary: `${partitionName(place.source)} was read up to offset ${position}, but the source now ends at ${end}.`,
    offsets: { position, end },
  });
}

export function recreated(place: LossPlace, before: string, now: string): Loss {
  return loss('recreated', place, {
    summary: `The source topic ${place.source.topic} was deleted and made again: its id was ${before} and is ${now}.`,
  });
}
