import type { NowApplied } from '../../src/execution-plan/applied.ts';
import type { Step } from '../../src/execution-plan/execution-plan.ts';
import { appliedKey, journalKey } from '../../src/state/keys.ts';
import {
  type AppliedRecord,
  type JournalEntry,
  type StateSnapshot,
  stateRecordVersion,
} from '../../src/state/records.ts';
import { encodeStateRecord } from '../../src/state/state-codec.ts';
import type { Clock } from '../engines/native/ports.ts';
import type { HeldByUs } from './lease.ts';
import type { StateWrite } from './state-log.ts';

/** What one step came to. */
export interface StepEnd {
  readonly step: Step;
  readonly status: 'done' | 'failed';
  /** Why it failed; free of secrets. */
  readonly message?: string;
}

/** Intent before effect, outcome after; each call is one transaction of the lease, so none outlives a lost lease. */
export interface Journal {
  begin(steps: readonly Step[]): Promise<void>;
  /** Outcomes, and what they made true. */
  end(ends: readonly StepEnd[], applied: readonly NowApplied[]): Promise<void>;
  /** What was seen to be as wanted without a step; with nothing to store nothing is written. */
  adopt(applied: readonly NowApplied[]): Promise<void>;
}

export interface JournalOptions {
  /** Names the run; without a slash. */
  readonly run: string;
  readonly digest: string;
}

/** Records that one transaction holds at most. */
const recordsMax = 2_000;

export function openJournal(held: HeldByUs, clock: Clock, options: JournalOptions): Journal {
  const at = () => new Date(clock.nowMs()).toISOString();

  function entry(step: Step, status: JournalEntry['status'], message?: string): StateWrite {
    const { digest, run } = options;
    const fields = { v: stateRecordVersion, digest, step: step.id, kind: step.kind, status, at: at() };
    const record = message === undefined ? fields : { ...fields, message };
    return { key: journalKey(run, step.id), value: encodeStateRecord(record) };
  }

  function appliedWrite({ address, state }: NowApplied): StateWrite {
    if (state === null) return { key: appliedKey(address), value: null };
    const record: AppliedRecord = { v: stateRecordVersion, digest: options.digest, at: at(), state };
    return { key: appliedKey(address), value: encodeStateRecord(record) };
  }

  return {
    async begin(steps) {
      await writeAll(
        held,
        steps.map((step) => entry(step, 'begun')),
      );
    },
    async end(ends, applied) {
      const outcomes = ends.map((one) => entry(one.step, one.status, one.message));
      await writeAll(held, [...applied.map(appliedWrite), ...outcomes]);
    },
    async adopt(applied) {
      await writeAll(held, applied.map(appliedWrite));
    },
  };
}

/** Runs whose journal is kept; names of runs sort by time. */
const runsKept = 20;

/** Deletes the journal of all but the newest runs: the state stays small however often a migration is applied. */
export async function pruneJournal(held: HeldByUs, state: StateSnapshot): Promise<void> {
  const runOf = (key: string) => key.slice(0, key.indexOf('/'));
  const runs = [...new Set([...state.journal.keys()].map(runOf))].sort();
  const old = new Set(runs.slice(0, Math.max(0, runs.length - runsKept)));
  const keys = [...state.journal.keys()].filter((key) => old.has(runOf(key)));
  await writeAll(
    held,
    keys.map((key) => ({ key: `journal/${key}`, value: null })),
  );
}

async function writeAll(held: HeldByUs, records: readonly StateWrite[]): Promise<void> {
  for (let at = 0; at < records.length; at += recordsMax) await held.write(records.slice(at, at + recordsMax));
}
