import { displayWidth } from '../../diagnostics/display-width.ts';
import { printable } from '../../diagnostics/printable.ts';

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** Columns two spaces apart, each as wide as its widest cell; no rows give no text. Ends with a newline. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const lines = [columns.map((one) => one.title), ...rows.map((row) => row.map(printable))];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => displayWidth(line[at] ?? ''))));
  return lines
    .map((line) => {
      const cells = columns.map(({ align }, at) => pad(line[at] ?? '', widths[at] ?? 0, align));
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}

function pad(text: string, columns: number, align: Column['align']): string {
  const blank = ' '.repeat(Math.max(0, columns - displayWidth(text)));
  return align === 'left' ? text + blank : blank + text;
}
