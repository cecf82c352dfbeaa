import type { OutputFormat } from '../io.ts';

export interface StatusOptions {
  readonly file: string;
  readonly format: OutputFormat;
}
