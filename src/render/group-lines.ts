import { named } from '../diagnostics/named.ts';
import { printable } from '../diagnostics/printable.ts';
import type { Flow, GroupProgress } from '../migration/migration.ts';

/** So many groups have a line of their own; the rest is counted. */
const groupLinesMax = 10;

/** Which groups a flow brings along, and how much each has left to read: those that are furthest behind first. */
export function groupLines(flow: Flow): string[] {
  if (flow.groups === undefined) return [];
  const { groupMembers: members, groupProgress = [] } = flow;
  if (members === undefined) return [`  flow ${flow.name} keeps its groups in sync`];
  const line = `  flow ${flow.name} keeps ${members.length === 1 ? '1 group' : `${shown(members.length)} groups`} in sync`;
  if (members.length === 0) return [line];
  if (groupProgress.length === 0) return [`${line}:`, `    ${printable(named(members))}`];
  const told = groupProgress.toSorted(furthestBehindFirst).map(progressLine);
  const known = new Set(groupProgress.map((one) => one.group));
  const untold = members.filter((group) => !known.has(group)).map((group) => `    ${printable(group)}: not told`);
  const lines = [...told, ...untold];
  const more = lines.length - groupLinesMax;
  return [`${line}:`, ...lines.slice(0, groupLinesMax), ...(more > 0 ? [`    and ${shown(more)} more`] : [])];
}

function progressLine({ group, lagRecords, partitionsCommitted, partitionsUncommitted }: GroupProgress): string {
  const name = `    ${printable(group)}:`;
  if (partitionsCommitted === 0) return `${name} no commit yet`;
  const some = partitionsUncommitted === 1 ? '1 partition' : `${shown(partitionsUncommitted)} partitions`;
  const rest = partitionsUncommitted === 0 ? '' : `, no commit in ${some}`;
  const lag = BigInt(lagRecords);
  const left =
    lag === 0n ? 'nothing left to read' : `up to ${shown(lag)} ${lag === 1n ? 'record' : 'records'} left to read`;
  return `${name} ${left}${rest}`;
}

function furthestBehindFirst(a: GroupProgress, b: GroupProgress): number {
  const difference = BigInt(b.lagRecords) - BigInt(a.lagRecords);
  return difference === 0n ? (a.group < b.group ? -1 : 1) : difference > 0n ? 1 : -1;
}

function shown(count: number | bigint): string {
  return count.toLocaleString('en-US');
}
