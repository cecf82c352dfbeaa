import type { Severity } from '../diagnostics/diagnostic.ts';

/** Everything a command has of the world around it, so that a test can stand in for a terminal. */
export interface Io {
  /** The command's result. */
  stdout(text: string): void;
  /** Progress and diagnostics. */
  stderr(text: string): void;
  /** Whether stdout takes colour: a terminal, and neither --no-color nor NO_COLOR. */
  readonly color: boolean;
  /** Whether somebody sits there who can answer. */
  readonly interactive: boolean;
  /** No progress, no notes. */
  readonly quiet: boolean;
  readonly logLevel: LogLevel;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by the first interrupt; its reason is an `Interrupt`. */
  readonly signal: AbortSignal;
  /** Asks a person; only "yes" is a yes. False where nobody can answer. */
  confirm(question: string): Promise<boolean>;
}

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Whether a diagnostic of this severity is told on stderr; errors always are. */
export function isTold({ quiet, logLevel }: Pick<Io, 'quiet' | 'logLevel'>, severity: Severity): boolean {
  if (severity === 'note') return !quiet;
  return severity === 'error' || logLevel !== 'error';
}

/** What every command prints. */
export const plainFormats = ['text', 'json'] as const;
export type OutputFormat = (typeof plainFormats)[number];

/** What commands print whose result is a report. */
export const reportFormats = [...plainFormats, 'markdown', 'junit', 'sarif'] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** What `--format` takes; each command says which of them it has. */
export const allFormats = [...reportFormats, 'csv'] as const;
export type AnyFormat = (typeof allFormats)[number];

/** Why `Io.signal` was aborted. */
export interface Interrupt {
  readonly signal: 'SIGINT' | 'SIGTERM';
}

/** What every command module exports one of; the number is the exit code. */
export type CommandFunction<Options> = (options: Options, io: Io) => Promise<number>;
