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
  /** Why nothing of the plan may be done; empty: it may. */
  readonly stale: readonly Diagnostic[];
  /** To be stored before the steps; nothing where the plan is stale. */
  readonly adopted: readonly NowApplied[];
}

export function lookAt(plan: ExecutionPlan, live: Live): Look {
  const begun = hasBegun(plan, live.state);
  const differences = staleness(plan, { ...live, begun });
  const stale = staleDiagnostics(differences, plan.source.path);
  return { live, begun, stale, adopted: stale.length > 0 ? [] : adoptions(plan, live) };
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

/** What a saved plan may be too old for, each with its code. On another cluster everything is different: it alone is told. */
function staleDiagnostics(differences: readonly StaleDifference[], planFile: string): Diagnostic[] {
  const { file = [], cluster = [], resource = [] } = Object.groupBy(differences, kindOf);
  return [
    ...file.map(() =>
      diagnostic('KP4108', { file: planFile, summary: 'The plan file changed after the plan was saved.' }),
    ),
    ...cluster.map(({ address, planned, found }) => {
      const name = address.slice(clusterPrefix.length);
      return diagnostic('KP4109', {
        summary: `${name} is not the cluster that the plan was made for.`,
        detail: `The plan was made for the cluster with the id ${planned}; the one that answers has ${found}.`,
      });
    }),
    ...(cluster.length > 0 || resource.length === 0 ? [] : [movedDiagnostic(resource)]),
  ];
}

const clusterPrefix = 'cluster/';

function kindOf({ address }: StaleDifference): 'file' | 'cluster' | 'resource' {
  if (address === 'plan-file') return 'file';
  return address.startsWith(clusterPrefix) ? 'cluster' : 'resource';
}

/** Differences that a diagnostic spells out. */
const differencesShownMax = 50;

function movedDiagnostic(differences: readonly StaleDifference[]): Diagnostic {
  const lines = differences.slice(0, differencesShownMax).map(({ address, field, planned, found }) => {
    return `${field === undefined ? address : `${address} ${field}`}: was ${planned}, is ${found}`;
  });
  const more = differences.length - lines.length;
  const detail = [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
  const count = `${differences.length} ${differences.length === 1 ? 'thing' : 'things'}`;
  return diagnostic('KP4001', { summary: `The saved plan is stale: ${count} changed since it was made.`, detail });
}
