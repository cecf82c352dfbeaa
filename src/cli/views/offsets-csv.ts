import type { OffsetsDocument, PlacedOffset } from './offsets-document.ts';

/** The columns of every CSV, whatever was asked: a contract with scripts, which more may follow. */
const columns = [
  'flow',
  'group',
  'source_topic',
  'source_partition',
  'source_offset',
  'target_topic',
  'target_partition',
  'target_offset',
  'result',
  'reread_records',
  'line',
] as const;

/**
 * A header and a line for each answer in its order, as RFC 4180 has it, but with `\n`. Empty where there are no answers. `line` is
 * the line of a CSV that is answered: once, or, of a topic whose records go by key, once for each target partition.
 */
export function renderOffsetsCsv({ partitions }: OffsetsDocument): string {
  if (partitions.length === 0) return '';
  const rows = partitions.map(({ flow, group = '', line, source, target, result, rereadRecords }) => [
    flow,
    group,
    ...placeOf(source),
    ...placeOf(target),
    result,
    rereadRecords,
    line === undefined ? '' : `${line}`,
  ]);
  return [columns, ...rows].map((row) => `${row.map(field).join(',')}\n`).join('');
}

function placeOf(place: PlacedOffset | null): readonly [string, string, string] {
  return place === null ? ['', '', ''] : [place.topic, `${place.partition}`, place.offset];
}

/** A group's name may hold anything. */
function field(text: string): string {
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
