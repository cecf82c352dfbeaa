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
  const groups = [...alike.values()].sort((a, b) => order.indexOf(actionOf(a)) - order.indexOf(actionOf(b)));
  const lines: string[] = [];
  let left = changes.length;
  for (const group of groups) {
    const block = groupLines(group, paint);
    if (lines.length > 0 && lines.length + block.length > groupedLinesMax) continue;
    lines.push(...block);
    left -= group.length;
  }
  if (left > 0) lines.push(`  # ${left} more changes: --address shows one of them, --format json all`, '');
  return lines;
}

function actionOf(group: readonly Change[]): Action {
  return group[0]?.action ?? 'no-op';
}

function groupLines(group: readonly Change[], paint: Paint): readonly string[] {
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
