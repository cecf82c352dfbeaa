import type { OutputFormat } from '../io.ts';

export interface ShowOptions {
  readonly file: string;
  readonly format: OutputFormat;
}
