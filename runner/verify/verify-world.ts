import type { Clock, LogReader } from '../engines/native/ports.ts';
import type { VerifyMemory } from './memory.ts';

/** What a comparison reads with, and whom it tells. */
export interface VerifyWorld {
  readonly source: LogReader;
  readonly target: LogReader;
  readonly clock: Clock;
  readonly memory: VerifyMemory;
  readonly signal?: AbortSignal | undefined;
  /** Records read and compared since the last call. */
  readonly onRecords: (records: number) => void;
}
