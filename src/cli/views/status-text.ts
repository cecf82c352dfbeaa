import { counted, grouped } from './apply-words.ts';
import type { FlowStatus, LeaseStatus, StatusDocument } from './status-document.ts';
import { type Column, textTable } from './text-table.ts';

const flowColumns: readonly Column[] = [
  { title: 'flow', align: 'left' },
  { title: 'state', align: 'left' },
  { title: 'behind', align: 'right' },
  { title: 'seconds', align: 'right' },
  { title: 'partitions', align: 'right' },
];

const partitionColumns: readonly Column[] = [
  { title: 'source', align: 'left' },
  { title: 'next', align: 'right' },
  { title: 'stable', align: 'right' },
  { title: 'end', align: 'right' },
  { title: 'target', align: 'left' },
  { title: 'next', align: 'right' },
];

const leaseColumns: readonly Column[] = [
  { title: 'lease', align: 'left' },
  { title: 'held by', align: 'left' },
  { title: 'since', align: 'left' },
  { title: 'over at', align: 'left' },
];

/** Partitions of a flow that are shown, the ones furthest behind first. */
const partitionsShownMax = 40;

/** The status document for people. */
export function renderStatus({ flows, leases }: StatusDocument): string {
  const blocks = [
    textTable(flowColumns, flows.map(flowRow)),
    ...flows.map(partitionsBlock),
    ...flows.map(lossesBlock),
    textTable(leaseColumns, leases.map(leaseRow)),
  ];
  const shown = blocks.filter((block) => block !== '');
  return shown.length === 0 ? 'No flows, and nobody at work.\n' : shown.join('\n');
}

function flowRow({ name, state, lagRecords, lagSeconds, partitions }: FlowStatus): string[] {
  const behind = lagRecords === null ? '?' : grouped(BigInt(lagRecords));
  const seconds = lagSeconds === null ? '?' : grouped(Math.round(lagSeconds));
  return [name, state, behind, seconds, grouped(partitions.length)];
}

function partitionsBlock({ name, partitions }: FlowStatus): string {
  const sorted = partitions.toSorted((a, b) => Number(behind(b) - behind(a)));
  const rows = sorted
    .slice(0, partitionsShownMax)
    .map(({ source, target }) => [
      `${source.topic}:${source.partition}`,
      source.next ?? '-',
      source.stable ?? '?',
      source.end ?? '?',
      `${target.topic}:${target.partition}`,
      target.next ?? '-',
    ]);
  const more = partitions.length - rows.length;
  const rest = more > 0 ? `and ${counted(more, 'partition')} more of ${name}\n` : '';
  return textTable(partitionColumns, rows) + rest;
}

/** Losses that are shown, one after the other. */
const lossesShownMax = 20;

function lossesBlock({ name, losses }: FlowStatus): string {
  const lines = losses.slice(0, lossesShownMax).flatMap(({ code, summary, address, wayOn, accepted }) => {
    const next =
      accepted !== null
        ? `accepted (${accepted}): the next apply goes on`
        : wayOn === null
          ? 'mend it, then apply again'
          : `apply --accept ${address}=REASON goes on ${wayOn}`;
    return [`${code} ${summary}`, `  ${next}`];
  });
  const more = losses.length - lossesShownMax;
  if (more > 0) lines.push(`and ${grouped(more)} more losses of ${name}`);
  return lines.map((line) => `${line}\n`).join('');
}

function behind({ source }: FlowStatus['partitions'][number]): bigint {
  return BigInt(source.stable ?? 0) - BigInt(source.next ?? 0);
}

function leaseRow({ lease, who, since, overAt, over }: LeaseStatus): string[] {
  return [lease, who, since, over ? `${overAt} (over)` : overAt];
}
