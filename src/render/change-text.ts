import { printable } from '../diagnostics/printable.ts';
import type { Action, Change } from '../execution-plan/execution-plan.ts';
import { type ChangedField, fieldsOf, isChanged } from './change-fields.ts';
import type { Paint } from './paint.ts';

export const symbols = {
  create: { sign: '+', color: 'green', explained: 'create', will: 'will be created', to: 'to create' },
  update: { sign: '~', color: 'yellow', explained: 'change in place', will: 'will be changed', to: 'to change' },
  delete: { sign: '-', color: 'red', explained: 'delete', will: 'will be deleted', to: 'to delete' },
  'no-op': { sign: ' ', color: 'dim', explained: 'unchanged', will: 'stays as it is', to: 'to keep' },
} as const satisfies Record<Action, object>;

/** `# topic/msk/orders will be created`, why, and its fields. */
export function changeLines(change: Change, paint: Paint): readonly string[] {
  const { address, action, reason } = change;
  const header = paint('bold', `  # ${printable(address)} ${symbols[action].will}`);
  return [header, `  # (${printable(reason)})`, ...fieldLines(change, paint)];
}

/** The fields that differ, and how many settings do not. */
export function fieldLines(change: Change, paint: Paint): readonly string[] {
  const fields = fieldsOf(change);
  const changed = fields.filter(isChanged);
  const hidden = fields.filter((field) => field.isSetting && !isChanged(field)).length;
  const columns = Math.max(0, ...changed.map((field) => printable(field.name).length));
  const lines = changed.map((field) => fieldLine(field, columns, paint));
  return hidden === 0 ? lines : [...lines, paint('dim', `      (${hiddenText(hidden)})`)];
}

function hiddenText(count: number): string {
  return count === 1 ? '1 unchanged setting hidden' : `${count} unchanged settings hidden`;
}

function fieldLine(field: ChangedField, columns: number, paint: Paint): string {
  const { name, before, after } = field;
  const action = before === undefined ? 'create' : after === undefined ? 'delete' : 'update';
  const { sign, color } = symbols[action];
  const value = [before, after].filter((side) => side !== undefined).map(shown);
  return `    ${paint(color, sign)} ${printable(name).padEnd(columns)} = ${value.join(' -> ')}`;
}

function shown(value: unknown): string {
  if (value === null) return 'default';
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  return printable(JSON.stringify(value));
}
