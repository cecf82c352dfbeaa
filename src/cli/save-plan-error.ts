import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'that is a folder',
  EACCES: 'this user may not write there',
  EROFS: 'nothing can be written there',
  ENOSPC: 'the disk is full',
  NO_FILE: 'that is no file',
};

/** A pipe or device: it would be replaced by a file of its name. */
export class NoFileError extends Error {
  override readonly name = 'NoFileError';
  readonly code = 'NO_FILE';
}

/** The plan could not be written where `--out` says. */
export class SavePlanError extends Error {
  override readonly name = 'SavePlanError';
  readonly diagnostic: Diagnostic;

  constructor(path: string, cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    const why = reasons[code] ?? code;
    super(`${path}: ${why}`);
    this.diagnostic = diagnostic('KP4106', { file: path, summary: `The plan can not be saved as ${path}: ${why}.` });
  }
}
