import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';

/** The plan could not be written where `--out` says. */
export class SavePlanError extends Error {
  override readonly name = 'SavePlanError';
  readonly diagnostic: Diagnostic;

  constructor(path: string, cause: unknown) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    super(`${path}: ${why}`);
    this.diagnostic = diagnostic('KP4106', { file: path, summary: `The plan can not be saved as ${path}: ${why}.` });
  }
}
