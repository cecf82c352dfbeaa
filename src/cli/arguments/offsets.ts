import type { OutputFormat } from '../io.ts';

/** Either `group`, or `topic`, `partition` and `at`. */
export interface OffsetsOptions {
  readonly file: string;
  readonly group?: string;
  /** The topic's name at the source. */
  readonly topic?: string;
  readonly partition?: number;
  /** The source offset to translate. */
  readonly at?: bigint;
  readonly format: OutputFormat;
}
