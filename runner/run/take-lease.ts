import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import type { LeaseName } from '../../src/state/keys.ts';
import type { LeaseHolder } from '../../src/state/records.ts';
import type { Clock } from '../engines/native/ports.ts';
import { acquireLease, type HeldByUs } from '../state/lease.ts';
import { lockedDiagnostic } from '../state/problems.ts';
import type { StateLog } from '../state/state-log.ts';

export interface Leasing {
  readonly holder: LeaseHolder;
  readonly leaseSeconds: number;
}

export interface Waiting {
  /** 0: asks once. */
  readonly lockTimeoutSeconds: number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Told once, when the waiting begins. */
  readonly onWait: (note: Diagnostic) => void;
}

export type Taken =
  | { readonly result: 'held'; readonly held: HeldByUs }
  | { readonly result: 'locked'; readonly diagnostic: Diagnostic };

const pollMs = 1_000;

/** Takes a lease of a migration; where another one holds it, asks again until the timeout. */
export async function takeLease(
  log: StateLog,
  clock: Clock,
  wanted: Leasing & Waiting & { readonly migration: string; readonly lease: LeaseName },
): Promise<Taken> {
  const deadlineMs = clock.nowMs() + wanted.lockTimeoutSeconds * 1000;
  for (let asked = 0; ; asked += 1) {
    const acquired = await acquireLease(log, clock, wanted);
    if (acquired.result === 'held') return acquired;
    const found = lockedDiagnostic(wanted.migration, wanted.lease, acquired.by);
    const leftMs = deadlineMs - clock.nowMs();
    if (leftMs <= 0 || wanted.signal.aborted) return { result: 'locked', diagnostic: found };
    if (asked === 0) wanted.onWait(waitingNote(found, wanted.lockTimeoutSeconds));
    await clock.sleep(Math.min(pollMs, leftMs), wanted.signal);
  }
}

function waitingNote({ summary, detail }: Diagnostic, seconds: number): Diagnostic {
  return diagnostic('KP4002', {
    severity: 'note',
    summary,
    detail,
    fix: `Waiting up to ${seconds} s (--lock-timeout).`,
  });
}

/**
 * Takes a lease that only a dead process can still hold, for instance a flow's after its control lease was over: waits
 * for its end, and gives up as soon as it is renewed, for then its holder lives.
 */
export async function takeLeaseOfDead(
  log: StateLog,
  clock: Clock,
  wanted: Leasing & { readonly migration: string; readonly lease: LeaseName; readonly signal: AbortSignal },
): Promise<Taken> {
  let renewedAtMs: number | null = null;
  for (;;) {
    const acquired = await acquireLease(log, clock, wanted);
    if (acquired.result === 'held') return acquired;
    const isAlive = renewedAtMs !== null && acquired.by.renewedAtMs !== renewedAtMs;
    if (isAlive || wanted.signal.aborted) {
      return { result: 'locked', diagnostic: lockedDiagnostic(wanted.migration, wanted.lease, acquired.by) };
    }
    renewedAtMs = acquired.by.renewedAtMs;
    await clock.sleep(Math.min(pollMs, acquired.by.remainingMs + 1), wanted.signal);
  }
}
