import { progressIntervalMs, progressWindowMs } from './limits.ts';
import type { MirrorProgress } from './options.ts';
import type { Clock } from './ports.ts';

/** Counts what was written, and tells it at most every `progressIntervalMs`. */
export interface Progress {
  /** The target has taken a batch. */
  written(records: number, bytes: number): void;
  /** What was written since the last commit stands, or does not count. */
  ended(outcome: 'commit' | 'abort'): void;
  /** The next report, or null where the last one is too young. `force`: in any case. */
  next(state: () => Pick<MirrorProgress, 'lagRecords' | 'memoryBytesMax'>, force?: boolean): MirrorProgress | null;
}

interface Sample {
  readonly atMs: number;
  readonly records: number;
  readonly bytes: number;
}

export function createProgress(flow: string, clock: Clock): Progress {
  let records = 0;
  let bytes = 0;
  let openRecords = 0;
  let openBytes = 0;
  let samples: Sample[] = [{ atMs: clock.nowMs(), records: 0, bytes: 0 }];
  return {
    written(addedRecords, addedBytes) {
      openRecords += addedRecords;
      openBytes += addedBytes;
    },
    ended(outcome) {
      if (outcome === 'commit') {
        records += openRecords;
        bytes += openBytes;
      }
      openRecords = 0;
      openBytes = 0;
    },
    next(state, force = false) {
      const now: Sample = { atMs: clock.nowMs(), records: records + openRecords, bytes: bytes + openBytes };
      const last = samples.at(-1) ?? now;
      if (!force && now.atMs - last.atMs < progressIntervalMs) return null;
      samples = [...samples.filter((one) => one.atMs > now.atMs - progressWindowMs), now];
      const first = samples[0] ?? now;
      const seconds = Math.max(now.atMs - first.atMs, 1) / 1000;
      return {
        event: 'progress',
        flow,
        records: BigInt(now.records),
        bytes: now.bytes,
        recordsPerSecond: Math.max(0, Math.round((now.records - first.records) / seconds)),
        bytesPerSecond: Math.max(0, Math.round((now.bytes - first.bytes) / seconds)),
        ...state(),
      };
    },
  };
}
