import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { named } from '../../src/diagnostics/named.ts';
import { adoptions } from '../../src/execution-plan/adopt.ts';
import type { NowApplied } from '../../src/execution-plan/applied.ts';
import type { ExecutionPlan } from '../../src/execution-plan/execution-plan.ts';
import { hasBegun, type StaleDifference, type StalenessInput, staleness } from '../../src/execution-plan/staleness.ts';

/** What lives, and what the state says. */
export type Live = Omit<StalenessInput, 'begun'>;

/** What a plan finds where it is to be carried out. */
export interface Look {
  readonly live: Live;
  /** An earlier run began this very plan. */
  readonly begun: boolean;
  /** Why nothing of the plan may be done; null: it may. */
  readonly stale: Diagnostic | null;
  /** To be stored before the steps; nothing where the plan is stale. */
  readonly adopted: readonly NowApplied[];
}

export function lookAt(plan: ExecutionPlan, live: Live): Look {
  const begun = hasBegun(plan, live.state);
  const differences = staleness(plan, { ...live, begun });
  if (differences.length > 0) return { live, begun, stale: staleDiagnostic(differences), adopted: [] };
  return { live, begun, stale: null, adopted: adoptions(plan, live) };
}

/** Told, for what kplan owns it later gives back, and its drift is told too. */
export function adoptedNotes(adopted: readonly NowApplied[]): readonly Diagnostic[] {
  const kept = adopted.filter((one) => one.state !== null).map((one) => one.address);
  if (kept.length === 0) return [];
  const what = kept.length === 1 ? '1 resource was' : `${kept.length.toLocaleString('en-US')} resources were`;
  return [
    diagnostic('KP4018', { summary: `${what} as wanted already; stored as applied from now on.`, detail: named(kept) }),
  ];
}

/** Differences that a diagnostic spells out. */
const differencesShownMax = 50;

function staleDiagnostic(differences: readonly StaleDifference[]): Diagnostic {
  const lines = differences.slice(0, differencesShownMax).map(({ address, field, planned, found }) => {
    const what = field === undefined ? address : `${address} ${field}`;
    return address === 'plan-file'
      ? 'the plan file: its content is another one now'
      : `${what}: was ${planned}, is ${found}`;
  });
  const more = differences.length - lines.length;
  const detail = [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
  const count = `${differences.length} ${differences.length === 1 ? 'thing' : 'things'}`;
  return diagnostic('KP4001', { summary: `The saved plan is stale: ${count} changed since it was made.`, detail });
}
