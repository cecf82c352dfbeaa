import { type Diagnostic, hasErrors } from '../../src/diagnostics/diagnostic.ts';
import type { ExecutionPlan } from '../../src/execution-plan/execution-plan.ts';
import { type Acceptance, accept } from '../../src/losses/accept.ts';
import { journalKey } from '../../src/state/keys.ts';
import {
  type JournalEntry,
  type LeaseHolder,
  type StateSnapshot,
  stateRecordVersion,
} from '../../src/state/records.ts';
import { encodeStateRecord } from '../../src/state/state-codec.ts';
import type { HeldByUs } from '../state/lease.ts';
import type { RunWorld } from './world.ts';

export interface AcceptOptions {
  readonly run: string;
  readonly holder: LeaseHolder;
  readonly control: HeldByUs;
}

/** Writes what a person decided into the state and the journal; where one decision means nothing, none is written. */
export async function acceptLosses(
  acceptances: readonly Acceptance[],
  state: StateSnapshot,
  { migration, digest }: ExecutionPlan,
  { clock }: RunWorld,
  { run, holder, control }: AcceptOptions,
): Promise<readonly Diagnostic[]> {
  if (acceptances.length === 0) return [];
  const at = new Date(clock.nowMs()).toISOString();
  const { records, diagnostics } = accept(acceptances, state, migration, { at, who: holder.who });
  if (hasErrors(diagnostics)) return diagnostics;
  const entries = acceptances.map(({ address, reason }) => {
    const step = `accept:${address}`;
    const entry: JournalEntry = {
      v: stateRecordVersion,
      digest,
      step,
      kind: 'mirror',
      status: 'done',
      at,
      message: reason,
    };
    return { key: journalKey(run, step), value: encodeStateRecord(entry) };
  });
  const losses = [...records].map(([key, record]) => ({ key, value: encodeStateRecord(record) }));
  await control.write([...losses, ...entries]);
  return diagnostics;
}
