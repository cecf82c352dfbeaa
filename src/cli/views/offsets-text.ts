import type { Direction } from '../../offsets/question.ts';
import type { OffsetsDocument, PlacedOffset, TranslatedPartition } from './offsets-document.ts';
import { type Column, textTable } from './text-table.ts';

const sides = {
  'to-target': { given: 'source', found: 'target' },
  'to-source': { given: 'target', found: 'source' },
} as const satisfies Readonly<Record<Direction, { readonly given: Side; readonly found: Side }>>;

type Side = 'source' | 'target';

const words: Readonly<Record<TranslatedPartition['result'], (row: TranslatedPartition, given: Side) => string>> = {
  translated: () => 'exact',
  'at-least-once': ({ rereadRecords }) => `${rereadRecords} read again`,
  'below-start': (_row, given) => `below the ${given}'s log start`,
  'above-end': (_row, given) => `above the ${given}'s log end`,
  unknown: ({ why }) => (why === undefined ? 'not mirrored, or not yet' : reasons[why]),
};

const reasons: Readonly<Record<NonNullable<TranslatedPartition['why']>, string>> = {
  'before-start': 'below where mirroring began',
  'not-yet': 'not mirrored, or not yet',
  'lost-at-target': 'the target lost it',
  'by-key': 'goes by key: no way back',
  'with-others': 'another one of the group has none',
  unanswered: 'can not be said for now',
  'in-span': 'in an old part that was compacted since',
};

/** The result of `offsets` for people, made from the document alone. */
export function renderOffsets(document: OffsetsDocument): string {
  const { direction, group, timestamp, partitions } = document;
  if (partitions.length === 0) return '';
  const title = group !== undefined ? `Group ${group}` : timestamp !== undefined ? `At ${timestamp}` : undefined;
  const { given, found } = sides[direction];
  const ofGroups = partitions.some((one) => one.group !== undefined && one.group !== group);
  const columns: readonly Column[] = [
    ...(ofGroups ? ([{ title: 'group', align: 'left' }] as const) : []),
    { title: 'flow', align: 'left' },
    { title: given, align: 'left' },
    { title: 'offset', align: 'right' },
    { title: found, align: 'left' },
    { title: 'offset', align: 'right' },
    { title: 'result', align: 'left' },
  ];
  const rows = partitions.map((one) => [
    ...(ofGroups ? [one.group ?? '-'] : []),
    one.flow === '' ? '-' : one.flow,
    ...placeOf(one[given]),
    ...placeOf(one[found]),
    words[one.result](one, given),
  ]);
  return (title === undefined ? '' : `${title}\n\n`) + textTable(columns, rows);
}

function placeOf(place: PlacedOffset | null): readonly [string, string] {
  return place === null ? ['-', '-'] : [`${place.topic}:${place.partition}`, place.offset];
}
