import { styleText } from 'node:util';
import type { Diagnostic, Severity } from './diagnostic.ts';
import { displayWidth } from './display-width.ts';
import { printable } from './printable.ts';

export interface TextOptions {
  readonly color: boolean;
  /** The file that the diagnostic speaks of, as `shownSource` allows it: its line is then shown with a caret. */
  readonly sourceText?: string | undefined;
}

const widthColumns = 80;
const severityColor = { error: 'red', warning: 'yellow', note: 'cyan' } as const satisfies Record<Severity, string>;

/** A diagnostic for people: summary, place with the source line, detail, fix. Ends with a newline. */
export function renderDiagnostic(diagnostic: Diagnostic, options: TextOptions): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    options.color ? styleText(style, text, { validateStream: false }) : text;
  const label = `${diagnostic.severity} ${diagnostic.code}`;
  const [first = '', ...rest] = wrap(`${label}: ${printable(diagnostic.summary)}`, widthColumns - 2);
  const lines = [paint(['bold', severityColor[diagnostic.severity]], label) + first.slice(label.length)];
  lines.push(...rest.map((line) => `  ${line}`));
  const place = placeOf(diagnostic);
  if (place !== '') lines.push(paint('dim', `  at ${place}`));
  lines.push(...excerpt(diagnostic, options.sourceText).map((line) => `  ${line}`));
  if (diagnostic.detail !== undefined) lines.push(...indented(diagnostic.detail, ''));
  if (diagnostic.fix !== undefined) lines.push(...indented(diagnostic.fix, 'Fix: '));
  return `${lines.join('\n')}\n`;
}

function placeOf(diagnostic: Diagnostic): string {
  const { file, line, column, address } = diagnostic;
  const numbers = [file, line, column].filter((part) => part !== undefined).join(':');
  return printable([numbers, address].filter((part) => part !== undefined && part !== '').join(' '));
}

function indented(text: string, prefix: string): string[] {
  return wrap(prefix + printable(text), widthColumns - 2).map((line) => `  ${line}`);
}

/** What a decoder puts for bytes that are no text: such a line is not shown. */
const notText = '\uFFFD';

/** The source line and a caret under the column; long lines are cut to a window around it. */
function excerpt(diagnostic: Diagnostic, sourceText: string | undefined): string[] {
  const { line, column } = diagnostic;
  if (sourceText === undefined || line === undefined || column === undefined) return [];
  const source = sourceText.split('\n', line)[line - 1];
  if (source === undefined || source.trim() === '' || source.includes(notText)) return [];
  const gutter = String(line);
  const room = widthColumns - gutter.length - 5;
  const start = column > room ? column - Math.floor(room / 2) : 0;
  const before = printable(source.slice(start, column - 1).replaceAll('\t', ' '));
  const shown = printable(
    source
      .slice(start, start + room)
      .replaceAll('\t', ' ')
      .trimEnd(),
  );
  const blank = ' '.repeat(gutter.length);
  return [`${gutter} | ${shown}`, `${blank} | ${' '.repeat(displayWidth(before))}^`];
}

/** Breaks at spaces; a word longer than a line stands on a line of its own. Newlines in the text are kept. */
function wrap(text: string, columns: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`;
      if (line !== '' && displayWidth(longer) > columns) {
        lines.push(line);
        line = word;
      } else {
        line = longer;
      }
    }
    return [...lines, line];
  });
}
