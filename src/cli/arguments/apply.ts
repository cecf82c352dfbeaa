import type { OutputFormat } from '../io.ts';

export interface ApplyOptions {
  /** A plan file, or a saved plan: known by its content. */
  readonly file: string;
  readonly autoApprove: boolean;
  readonly only?: 'resources' | 'data';
  readonly maxDurationSeconds?: number;
  /** 5 to 300. */
  readonly leaseSeconds: number;
  readonly lockTimeoutSeconds: number;
  readonly format: OutputFormat;
}
