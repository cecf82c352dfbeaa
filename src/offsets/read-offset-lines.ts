import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';
import type { OffsetLine } from './question.ts';

export const offsetLinesLimits = {
  /** An answer of each is kept until the last one is had: 250 MB of memory, and a JSON document of 37 MB. */
  linesMax: 100_000,
  /** So many lines with the longest names (249 characters). */
  bytesMax: 33_554_432,
  /** More mistakes are counted. */
  mistakesShownMax: 20,
} as const;

export type ReadOffsetLines =
  | { readonly lines: readonly OffsetLine[] }
  | { readonly diagnostics: readonly [Diagnostic, ...Diagnostic[]] };

const columnNames = ['topic', 'partition', 'offset'] as const;
type Row = Readonly<Record<(typeof columnNames)[number], string>>;
type Mistake = { readonly line: number; readonly summary: string; readonly detail?: string };

/**
 * `topic,partition,offset` lines, as `kafka-consumer-groups --export` and spreadsheets write them: a header (then the
 * columns may stand in any order), quotes, a byte order mark and CRLF may be there, empty lines are passed over. No value
 * can hold a comma, a quote or a line end (a topic's name has none), so that each line is one row and no library is
 * needed for them. Every mistake is told by its line; then there are no lines.
 */
export function readOffsetLines(text: string, file: string): ReadOffsetLines {
  const rows = text.replace(/^\uFEFF/u, '').split(/\r?\n/u);
  const filled = rows.map((row, index) => ({ line: index + 1, fields: fieldsOf(row) })).filter(isFilled);
  const [first] = filled;
  const header = first === undefined ? null : headerOf(first.fields);
  const body = header === null ? filled : filled.slice(1);
  if (body.length > offsetLinesLimits.linesMax) return { diagnostics: [tooMany(file)] };
  const read = body.map(({ line, fields }) => lineOf(line, fields, header ?? columnNames));
  const mistakes = read.filter((one): one is Mistake => 'summary' in one);
  const [one, ...more] = mistakesShown(mistakes, file);
  if (one !== undefined) return { diagnostics: [one, ...more] };
  if (body.length === 0) return { diagnostics: [nothingIn(file)] };
  return { lines: read.filter((one): one is OffsetLine => 'topic' in one) };
}

function fieldsOf(row: string): string[] {
  return row.split(',').map((field) => /^"(.*)"$/u.exec(field.trim())?.[1]?.trim() ?? field.trim());
}

function isFilled({ fields }: { readonly fields: readonly string[] }): boolean {
  return fields.some((field) => field !== '');
}

/** The columns in their order where the row names them; null where it is a row of values. */
function headerOf(fields: readonly string[]): readonly string[] | null {
  const names = fields.map((field) => field.toLowerCase());
  return names.length === columnNames.length && columnNames.every((name) => names.includes(name)) ? names : null;
}

function lineOf(line: number, fields: readonly string[], columns: readonly string[]): OffsetLine | Mistake {
  if (fields.length !== columns.length) {
    const found = fields.length === 1 ? '1 value' : `${fields.length} values`;
    return { line, summary: `Line ${line} has ${found} where topic, partition and offset are wanted.` };
  }
  const row: Row = {
    topic: '',
    partition: '',
    offset: '',
    ...Object.fromEntries(columns.map((name, at) => [name, fields[at]])),
  };
  const { topic, partition, offset } = row;
  if (!/^[A-Za-z0-9._-]{1,249}$/u.test(topic)) return mistake(line, topic, 'is no name of a topic');
  if (!/^\d{1,9}$/u.test(partition)) return mistake(line, partition, 'is no partition: it must be a whole number');
  if (!isOffset(offset)) return mistake(line, offset, 'is no offset: it must be a whole number of at most 63 bits');
  return { line, topic, partition: Number(partition), offset: BigInt(offset) };
}

const offsetMax = 2n ** 63n - 1n;

function isOffset(text: string): boolean {
  return /^\d{1,19}$/u.test(text) && BigInt(text) <= offsetMax;
}

/** Characters of a wrong value that are shown. */
const shownMax = 60;

function mistake(line: number, value: string, what: string): Mistake {
  const shown = value.length > shownMax ? `${value.slice(0, shownMax)}...` : value;
  return { line, summary: `Line ${line}: "${shown}" ${what}.` };
}

function mistakesShown(mistakes: readonly Mistake[], file: string): Diagnostic[] {
  const shown = mistakes.slice(0, offsetLinesLimits.mistakesShownMax);
  const rest = mistakes.length - shown.length;
  const diagnostics = shown.map(({ line, summary }) => diagnostic('KP6040', { file, line, summary }));
  if (rest === 0) return diagnostics;
  const lines = rest === 1 ? '1 line' : `${rest} lines`;
  return [...diagnostics, diagnostic('KP6040', { file, summary: `${lines} more of ${file} can not be read.` })];
}

function tooMany(file: string): Diagnostic {
  const summary = `${file} has more than ${offsetLinesLimits.linesMax} lines.`;
  return diagnostic('KP6040', { file, summary, fix: 'Split it and ask for one part after the other.' });
}

function nothingIn(file: string): Diagnostic {
  return diagnostic('KP6040', { file, summary: `${file} has no line with an offset.` });
}
