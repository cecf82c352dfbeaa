import { printable } from '../diagnostics/printable.ts';

/** GitHub cuts a comment at 65,536 characters; we stop before it and say so. In UTF-16 units. */
export const markdownCharactersMax = 60_000;

const cutNotice = '_Cut here: a comment takes no more. `--format text` and `--format json` show the rest._';

/** Lines that may be cut from behind, between lines that must stand. */
export interface MarkdownPart {
  readonly before: string;
  readonly lines: readonly string[];
  readonly after: string;
}

/** Any text as one line of code, in which nothing is markup: no mention, link, table cell or end of the code. */
export function codeSpan(text: string): string {
  const line = oneLine(text);
  const ticks = '`'.repeat(longestRun(line) + 1);
  const pad = line === '' || /^[ `]|[ `]$/.test(line) ? ' ' : '';
  return `${ticks}${pad}${line}${pad}${ticks}`;
}

/** A fenced block that no line within can end. */
export function fencedPart(language: string, lines: readonly string[]): MarkdownPart {
  const shown = lines.flatMap((line) => printable(line).split('\n'));
  const ticks = '`'.repeat(Math.max(3, longestRun(shown.join('\n')) + 1));
  return { before: `${ticks}${language}`, lines: shown, after: ticks };
}

/** A part that is folded until somebody clicks. `summary` is ours: it is markup. */
export function folded(summary: string, part: MarkdownPart): MarkdownPart {
  return {
    before: `<details>\n<summary>${summary}</summary>\n\n${part.before}`,
    lines: part.lines,
    after: `${part.after}\n\n</details>`,
  };
}

/** `head` and as many of the parts as fit into `charactersMax`; the part that does not fit is cut between two lines. */
export function fittedMarkdown(
  head: string,
  parts: readonly MarkdownPart[],
  charactersMax = markdownCharactersMax,
): string {
  const reserved = cutNotice.length + 3;
  let text = head;
  for (const part of parts) {
    const whole = `\n\n${shownPart(part, part.lines)}`;
    if (text.length + whole.length + reserved <= charactersMax) {
      text += whole;
      continue;
    }
    const room = charactersMax - reserved - text.length - `\n\n${shownPart(part, [])}`.length - 1;
    const kept = linesWithin(part.lines, room);
    if (kept.length > 0) text += `\n\n${shownPart(part, kept)}`;
    return `${text}\n\n${cutNotice}\n`;
  }
  return `${text}\n`;
}

function linesWithin(lines: readonly string[], room: number): readonly string[] {
  let left = room;
  const end = lines.findIndex((line) => {
    left -= line.length + 1;
    return left < 0;
  });
  return end === -1 ? lines : lines.slice(0, end);
}

function shownPart({ before, after }: MarkdownPart, lines: readonly string[]): string {
  return [...(before === '' ? [] : [before]), ...lines, ...(after === '' ? [] : [after])].join('\n');
}

function oneLine(text: string): string {
  return printable(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

const signs = { '+': '+', '-': '-', '~': '!' } as const;

/** Lines of a plan's text for a `diff` block, which colours by the first character. */
export function diffLines(lines: readonly string[]): readonly string[] {
  return lines.map((line) =>
    line.replace(/^( +)([+~-]) /, (_, indent: string, sign: keyof typeof signs) => `${signs[sign]}${indent} `),
  );
}

/** A comment that nobody sees, by which a CI job finds its own comment again. */
export function hiddenMarker(kind: 'kplan' | 'kplan-drift', name: string): string {
  return `<!-- ${kind}:${encodeURIComponent(name)} -->`;
}
