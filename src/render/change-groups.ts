import { printable } from '../diagnostics/printable.ts';
import type { Action, Change } from '../execution-plan/execution-plan.ts';
import { aclChangeLines } from './acl-changes.ts';
import { changeLines, fieldLines, symbols } from './change-text.ts';
import { type Paint, painter } from './paint.ts';

/** Up to so many changes are shown one by one; more are shown in groups that are alike. */
const changesInFullMax = 40;
/** Groups stop here, so that a plan of any size fits on a few screens. */
const groupedLinesMax = 60;
const namesInGroupMax = 12;
const widthColumns = 80;

/** What can hurt comes first. */
const order: readonly Action[] = ['delete', 'update', 'create', 'no-op'];

/** All changes in full, or, where they are many, alike ones together and the rest counted; ACLs by their principals. */
export function changesText(changes: readonly Change[], paint: Paint): readonly string[] {
  const acls = changes.filter((change) => change.kind === 'acl');
  const others = changes.filter((change) => change.kind !== 'acl');
  return [...othersText(others, paint), ...aclChangeLines(acls, paint)];
}

function othersText(changes: readonly Change[], paint: Paint): readonly string[] {
  if (changes.length <= changesInFullMax) return changes.flatMap((change) => [...changeLines(change, paint), '']);
  const alike = Map.groupBy(changes, (change) =>
    [change.kind, change.action, ...fieldLines(change, painter(false))].join('\n'),
  );
  const groups = [...alike.values()].sort((a, b) => rank(a) - rank(b) || b.length - a.length);
  const blocks = new Map<Group, readonly string[]>();
  let length = 0;
  for (const group of eachSortFirst(groups)) {
    if (length >= groupedLinesMax) break;
    const block = groupLines(group, paint);
    if (blocks.size > 0 && length + block.length > groupedLinesMax) continue;
    blocks.set(group, block);
    length += block.length;
  }
  const left = groups.filter((group) => !blocks.has(group)).flat();
  return [...groups.flatMap((group) => blocks.get(group) ?? []), ...leftLines(left)];
}

type Group = readonly Change[];

/** One group of each kind and action before all others, so that no sort of change is hidden by another; then the largest. */
function eachSortFirst(groups: readonly Group[]): readonly Group[] {
  const firsts = new Set([...Map.groupBy(groups, sortOf).values()].map(([first]) => first));
  const others = groups.filter((group) => !firsts.has(group)).sort((a, b) => b.length - a.length);
  return [...groups.filter((group) => firsts.has(group)), ...others];
}

function sortOf([first]: Group): string {
  return first === undefined ? '' : `${first.kind}s ${symbols[first.action].to}`;
}

function leftLines(left: readonly Change[]): readonly string[] {
  if (left.length === 0) return [];
  const sorts = [...Map.groupBy(left, (change) => sortOf([change]))].map(([sort, of]) => `${of.length} ${sort}`);
  const header = `  # ${left.length} more ${left.length === 1 ? 'change' : 'changes'}:`;
  return [header, ...wrapped(sorts.join(', ')), '  # --address shows one of them, --format json all', ''];
}

function rank(group: Group): number {
  return order.indexOf(group[0]?.action ?? 'no-op');
}

function groupLines(group: Group, paint: Paint): readonly string[] {
  const [first] = group;
  if (first === undefined) return [];
  if (group.length === 1) return [...changeLines(first, paint), ''];
  const { will } = symbols[first.action];
  const header = paint('bold', `  # ${group.length} ${first.kind}s ${will}, alike:`);
  const names = group.slice(0, namesInGroupMax).map((change) => printable(change.address));
  const more = group.length - names.length;
  const list = [...names, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
  return [header, ...wrapped(list), ...fieldLines(first, paint), ''];
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > widthColumns) lines.push(`  #   ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
