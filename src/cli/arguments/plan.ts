import type { OutputFormat } from '../io.ts';

export interface PlanOptions {
  readonly file: string;
  /** Where the plan is saved. */
  readonly out?: string;
  /** Exit code 2 where there are changes. */
  readonly detailedExitcode: boolean;
  /** Narrows what is shown; never together with `out`. */
  readonly address?: string;
  readonly format: OutputFormat;
}
