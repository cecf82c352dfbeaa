import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { Translation } from '../../offset-map/translate.ts';

/** The JSON document of `kplan offsets`: schema/offsets.v1.schema.json. Offsets and counts of records are strings. */
export interface OffsetsDocument {
  readonly formatVersion: string;
  readonly group?: string;
  readonly partitions: readonly TranslatedPartition[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface TranslatedPartition {
  readonly flow: string;
  readonly source: PlacedOffset;
  readonly target: PlacedOffset | null;
  readonly result: Translation['result'];
  /** Records that are read a second time; exact translations have none. */
  readonly rereadRecords: string;
}

export interface PlacedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/** One offset of the source and what became of it. */
export interface OffsetAnswer {
  readonly flow: string;
  readonly source: { readonly topic: string; readonly partition: number; readonly offset: bigint };
  /** Absent where the partition is not mirrored. */
  readonly target?: { readonly topic: string; readonly partition: number } | undefined;
  readonly translation: Translation;
}

const formatVersion = '1.0';

export function offsetsDocument(
  group: string | undefined,
  answers: readonly OffsetAnswer[],
  diagnostics: readonly Diagnostic[],
): OffsetsDocument {
  return { formatVersion, ...(group === undefined ? {} : { group }), partitions: answers.map(translated), diagnostics };
}

function translated({ flow, source, target, translation }: OffsetAnswer): TranslatedPartition {
  return {
    flow,
    source: { topic: source.topic, partition: source.partition, offset: `${source.offset}` },
    target:
      target === undefined || translation.result !== 'translated'
        ? null
        : { topic: target.topic, partition: target.partition, offset: `${translation.target}` },
    result: translation.result,
    rereadRecords: '0',
  };
}
