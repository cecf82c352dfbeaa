import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';
import { planFileLimits } from './limits.ts';
import type { Locate, Location, Pointer } from './location.ts';
import { placeValues } from './place-values.ts';
import type { PlacedValue } from './placed-value.ts';
import type { PlanFile } from './plan-file.generated.ts';
import { readDocument } from './read-document.ts';
import type { TextMistake } from './scan-tokens.ts';
import { planFileSchema } from './schema.generated.ts';
import { type PlacedMistake, schemaMistakes } from './schema-mistakes.ts';
import { validateSchema } from './validate-schema.generated.ts';

export interface ParsedPlanFile {
  /** Absent where the file is no YAML, breaks a limit or does not obey the schema. */
  readonly planFile?: PlanFile;
  readonly diagnostics: readonly Diagnostic[];
  readonly locate: Locate;
}

/** After these the values are not what the author meant, so that what the schema says of them is noise. */
const stopping: ReadonlySet<string> = new Set(['KP1003', 'KP1007', 'KP1008']);

const fileStart: Location = { line: 1, column: 1 };
const locateStart: Locate = () => fileStart;

/**
 * Reads a plan file's text and checks it against the schema; what it means is checked by `checkPlanFile`. Never throws,
 * whatever the text; the limits of `planFileLimits` hold before anything is built from it.
 *
 * @param path is named in the diagnostics; no file is read
 */
export function parsePlanFile(text: Uint8Array | string, path: string): ParsedPlanFile {
  const decoded = decode(text);
  if ('mistake' in decoded) return refused([diagnostic(decoded.mistake, { ...fileStart, ...decoded, file: path })]);
  const { document, mistakes, locationOf } = readDocument(decoded.text);
  const ofText = (one: TextMistake) =>
    diagnostic(one.code, { summary: shortened(one.summary), file: path, ...locationOf(one.offset) });
  if (document === undefined) return refused(mistakes.map(ofText));
  const placed = placeValues(document);
  const locate = locateIn(placed.root, locationOf);
  if (placed.mistakes.some((one) => stopping.has(one.code))) return refused(placed.mistakes.map(ofText));
  if (placed.root.value === null) return refused([emptyFile(path)]);
  const ofPlace = (one: PlacedMistake) => placedDiagnostic(one, path, locate);
  const found = [...placed.mistakes.map(ofText), ...explain(placed.root.value).map(ofPlace)];
  const diagnostics = limited(inOrder(found), path);
  return found.length > 0 ? { diagnostics, locate } : { planFile: placed.root.value as PlanFile, diagnostics, locate };
}

/** A mistake found at a pointer, as a diagnostic at its line and column. */
export function placedDiagnostic(mistake: PlacedMistake, path: string, locate: Locate): Diagnostic {
  const { code, pointer, at, summary, fix } = mistake;
  return diagnostic(code, { summary: shortened(summary), fix, file: path, ...locate(pointer, at) });
}

const quotedLengthMax = 72;

/** What a summary quotes is cut to a readable length. */
function shortened(summary: string): string {
  return summary.replaceAll(/`(?<quoted>[^`]*)`/gu, (whole, quoted: string) =>
    quoted.length < quotedLengthMax + 8 ? whole : `\`${quoted.slice(0, quotedLengthMax)}...\``,
  );
}

/** By place, each finding once: an anchor's mistake is met wherever its alias stands. */
export function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const unique = new Map<string, Diagnostic>();
  for (const one of diagnostics) unique.set(`${one.line}:${one.column}:${one.code}:${one.summary}`, one);
  return [...unique.values()].sort(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0) || (a.code < b.code ? -1 : 1),
  );
}

/** At most `diagnosticsMax` findings, errors before all others, and a note that counts the rest. */
export function limited(diagnostics: readonly Diagnostic[], path: string): Diagnostic[] {
  const { diagnosticsMax } = planFileLimits;
  if (diagnostics.length <= diagnosticsMax) return [...diagnostics];
  const summary = `At least ${diagnostics.length - diagnosticsMax} more findings are not listed.`;
  const errors = diagnostics.filter((one) => one.severity === 'error');
  const others = diagnostics.filter((one) => one.severity !== 'error');
  const listed = inOrder([...errors, ...others].slice(0, diagnosticsMax));
  return [...listed, diagnostic('KP1016', { summary, file: path })];
}

function refused(diagnostics: readonly Diagnostic[]): ParsedPlanFile {
  return { diagnostics: inOrder(diagnostics), locate: locateStart };
}

/** AJV decides; the explanation says it in words. Should it find no words, AJV's own place is named. */
function explain(value: unknown): PlacedMistake[] {
  if (validateSchema(value)) return [];
  const mistakes = schemaMistakes(planFileSchema, value);
  if (mistakes.length > 0) return mistakes;
  const segments = (validateSchema.errors?.[0]?.instancePath ?? '').split('/').slice(1);
  const pointer = segments.map((one) => one.replaceAll('~1', '/').replaceAll('~0', '~'));
  const summary = `\`${pointer.at(-1) ?? 'plan file'}\` does not obey the schema.`;
  return [{ code: 'KP1014', pointer: pointer.map(indexOrKey), at: 'value', summary }];
}

function indexOrKey(segment: string): string | number {
  return /^\d+$/u.test(segment) ? Number(segment) : segment;
}

type Decoded =
  | { readonly text: string }
  | {
      readonly mistake: 'KP1002' | 'KP1003';
      readonly summary: string;
      readonly line?: number;
      readonly column?: number;
    };

const megabyte = 1024 * 1024;

function decode(text: Uint8Array | string): Decoded {
  const { bytesMax } = planFileLimits;
  const bytes = typeof text === 'string' ? Buffer.byteLength(text) : text.byteLength;
  if (bytes > bytesMax) {
    return { mistake: 'KP1003', summary: `The plan file is larger than ${bytesMax / megabyte} MiB.` };
  }
  if (typeof text === 'string') return { text: text.startsWith('\uFEFF') ? text.slice(1) : text };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(text) };
  } catch {
    if (isUtf16(text)) return { mistake: 'KP1002', summary: 'The plan file is UTF-16.' };
    return { mistake: 'KP1002', summary: 'The plan file is not valid UTF-8.', ...firstBadByte(text) };
  }
}

/** As what older PowerShells write behind `>`: a byte order mark of two bytes, which are never UTF-8. */
function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/** Where the text stops being UTF-8: the valid part ends where a lenient decoder puts its first replacement. */
function firstBadByte(bytes: Uint8Array): Location {
  const text = new TextDecoder('utf-8').decode(bytes);
  const before = text.slice(0, Math.max(text.indexOf('\uFFFD'), 0));
  return { line: before.split('\n').length, column: before.length - before.lastIndexOf('\n') };
}

function emptyFile(path: string): Diagnostic {
  return diagnostic('KP1004', {
    summary: 'The plan file is empty.',
    file: path,
    ...fileStart,
    fix: 'Begin with `version: 1`, `name` and `clusters`; plans/ holds examples to copy.',
  });
}

function locateIn(root: PlacedValue, locationOf: (offset: number) => Location): Locate {
  return (pointer: Pointer, at: 'key' | 'value') => {
    let here = root;
    for (const segment of pointer) {
      const next = here.children.get(segment);
      if (next === undefined) return locationOf(here.keyOffset);
      here = next;
    }
    return locationOf(at === 'key' ? here.keyOffset : here.offset);
  };
}
