import type { OffsetsDocument, PlacedOffset, TranslatedPartition } from './offsets-document.ts';
import { type Column, textTable } from './text-table.ts';

const columns: readonly Column[] = [
  { title: 'flow', align: 'left' },
  { title: 'source', align: 'left' },
  { title: 'offset', align: 'right' },
  { title: 'target', align: 'left' },
  { title: 'offset', align: 'right' },
  { title: 'result', align: 'left' },
];

const words: Readonly<Record<TranslatedPartition['result'], string>> = {
  translated: 'exact',
  'below-start': "below the source's log start",
  'above-end': "above the source's log end",
  unknown: 'not mirrored, or not yet',
};

/** The result of `offsets` for people, made from the document alone. */
export function renderOffsets(document: OffsetsDocument): string {
  const title = document.group === undefined ? '' : `Group ${document.group}\n\n`;
  return document.partitions.length === 0 ? '' : title + textTable(columns, document.partitions.map(rowOf));
}

function rowOf({ flow, source, target, result }: TranslatedPartition): string[] {
  return [flow, placeOf(source), source.offset, placeOf(target), target?.offset ?? '-', words[result]];
}

function placeOf(place: PlacedOffset | null): string {
  return place === null ? '-' : `${place.topic}:${place.partition}`;
}
