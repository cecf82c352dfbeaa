import type { OutputFormat } from '../io.ts';

export interface VerifyOptions {
  readonly file: string;
  readonly format: OutputFormat;
}
