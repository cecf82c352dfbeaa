import { codes, type DiagnosticCode } from './codes.ts';

export type Severity = 'error' | 'warning' | 'note';

/** One finding about a user's input or clusters; the JSON contract of every document that carries diagnostics. */
export interface Diagnostic {
  readonly severity: Severity;
  readonly code: DiagnosticCode;
  /** Which resource it is about, e.g. `topic/msk/orders`. */
  readonly address?: string;
  /** One sentence that stands alone. */
  readonly summary: string;
  readonly detail?: string;
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based, in UTF-16 units as editors count them. */
  readonly column?: number;
  /** What the user should do. */
  readonly fix?: string;
}

/** What the finder of a mistake knows; `undefined` is the same as absent. */
export interface DiagnosticParts {
  readonly summary: string;
  readonly address?: string | undefined;
  readonly detail?: string | undefined;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  /** Absent: the registry's general advice for the code. */
  readonly fix?: string | undefined;
  /** Absent: the registry's. Given where a policy raises or lowers a rule. */
  readonly severity?: Severity | undefined;
}

/** Builds a diagnostic; severity and fix come from the registry of codes unless given. */
export function diagnostic(code: DiagnosticCode, parts: DiagnosticParts): Diagnostic {
  const known = codes[code];
  const fix = parts.fix ?? known.fix;
  return {
    severity: parts.severity ?? known.severity,
    code,
    ...(parts.address === undefined ? {} : { address: parts.address }),
    summary: parts.summary,
    ...(parts.detail === undefined ? {} : { detail: parts.detail }),
    ...(parts.file === undefined ? {} : { file: parts.file }),
    ...(parts.line === undefined ? {} : { line: parts.line }),
    ...(parts.column === undefined ? {} : { column: parts.column }),
    ...(fix === '' ? {} : { fix }),
  };
}

/** True where at least one diagnostic is an error: the command's answer is then exit code 1. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((one) => one.severity === 'error');
}
