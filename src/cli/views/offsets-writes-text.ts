import { counted } from './apply-words.ts';
import type { ShownWrite } from './offsets-document.ts';
import { type Column, textTable } from './text-table.ts';

const columns: readonly Column[] = [
  { title: 'written for MirrorMaker', align: 'left' },
  { title: 'cluster', align: 'left' },
  { title: 'topic', align: 'left' },
  { title: 'records', align: 'right' },
  { title: 'there already', align: 'right' },
];

const kinds: Readonly<Record<ShownWrite['kind'], string>> = {
  checkpoints: 'checkpoints',
  'offset-syncs': 'offset syncs',
};

/** What is to be written, before it is. */
export function renderWrites(writes: readonly ShownWrite[]): string {
  const rows = writes.map(({ kind, cluster, topic, create, records, unchanged }) => [
    kinds[kind],
    cluster,
    create ? `${topic} (is made)` : topic,
    records,
    unchanged,
  ]);
  return `\n${textTable(columns, rows)}\n`;
}

/** What became of it. */
export function renderWritten(writes: readonly ShownWrite[]): string {
  if (writes.every((one) => one.records === '0')) return 'Nothing to write: all of it stands there already.\n';
  const written = writes.filter((one) => one.written);
  const records = written.reduce((all, one) => all + Number(one.records), 0);
  return written.length === 0 ? '' : `${counted(records, 'record')} written to ${counted(written.length, 'topic')}.\n`;
}
