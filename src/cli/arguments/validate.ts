import type { OutputFormat } from '../io.ts';

export interface ValidateOptions {
  readonly files: readonly string[];
  readonly format: OutputFormat;
}
