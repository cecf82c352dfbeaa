import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { ExecutionPlan } from '../execution-plan/execution-plan.ts';
import type { StateSnapshot } from '../state/records.ts';

/** The clusters as they were read, by their name in the plan file, and what the last applies left on them. */
export interface LiveView {
  readonly snapshots: ReadonlyMap<string, ClusterSnapshot>;
  readonly state: StateSnapshot;
}

/**
 * What `gatherPlan(file, io)` of gather.ts answers: a plan (which may hold errors and is then not applyable), or, where
 * the plan file itself is wrong and no cluster was asked, the diagnostics alone.
 */
export type GatherOutcome =
  | { readonly result: 'planned'; readonly plan: ExecutionPlan; readonly live: LiveView; readonly planFileText: string }
  | { readonly result: 'refused'; readonly diagnostics: readonly Diagnostic[]; readonly planFileText: string };

/** What `gatherLive(plan, io)` of gather.ts answers for a saved plan: all that `staleness` compares. */
export interface LiveOfPlan extends LiveView {
  /** SHA-256 (hex) of the plan file as it stands at its path now; absent where it is not there. */
  readonly planFileSha256?: string;
}
