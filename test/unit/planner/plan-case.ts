import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ClusterSnapshot } from '../../../src/cluster/snapshot.ts';
import { snapshotFromJson } from '../../../src/cluster/snapshot-json.ts';
import { type Diagnostic, hasErrors } from '../../../src/diagnostics/diagnostic.ts';
import { assemblePlan } from '../../../src/execution-plan/assemble-plan.ts';
import type { ExecutionPlan } from '../../../src/execution-plan/execution-plan.ts';
import { notYetSupported } from '../../../src/migration/not-yet.ts';
import { placeIn } from '../../../src/migration/place.ts';
import { validatePlanFile } from '../../../src/plan-file/check.ts';
import type { AppliedRecord, StateSnapshot } from '../../../src/state/records.ts';
import { emptyState } from '../../../src/state/state-codec.ts';

export type Planned = { readonly plan: ExecutionPlan } | { readonly refused: readonly Diagnostic[] };

export interface PlanInput {
  readonly text: string;
  readonly snapshots: ReadonlyMap<string, ClusterSnapshot>;
  readonly state?: StateSnapshot;
}

export const planFilePath = 'plan.yaml';
export const caseTime = '2026-11-23T08:00:00.000Z';

/** What `kplan plan` does, with everything gathered already. */
export function planOf({ text, snapshots, state = emptyState }: PlanInput): Planned {
  const { planFile, diagnostics, locate } = validatePlanFile(text, planFilePath);
  const place = placeIn(planFilePath, locate);
  const offline = [...diagnostics, ...(planFile === undefined ? [] : notYetSupported(planFile, place))];
  if (planFile === undefined || hasErrors(offline)) return { refused: offline };
  const source = { path: planFilePath, sha256: '0'.repeat(64) };
  return { plan: assemblePlan({ planFile, place, snapshots, state, source, createdAt: caseTime, offline }) };
}

/** The plan, where a refusal would be a mistake of the test. */
export function planned(input: PlanInput): ExecutionPlan {
  const result = planOf(input);
  if ('plan' in result) return result.plan;
  throw new Error(`refused: ${result.refused.map((one) => one.summary).join(' ')}`);
}

/** A state that says of each address what was applied. */
export function stateOf(applied: Readonly<Record<string, AppliedRecord['state']>>): StateSnapshot {
  const records = Object.entries(applied).map(
    ([address, state]) => [address, { v: 1, digest: '0'.repeat(64), at: caseTime, state }] as const,
  );
  return { ...emptyState, exists: true, applied: new Map(records) };
}

/** A case's folder: plan.yaml, clusters/<cluster>.json, and state.json (`{address: state}`) where something was applied. */
export function readCase(folder: string): PlanInput {
  const files = readdirSync(join(folder, 'clusters')).filter((name) => name.endsWith('.json'));
  const snapshots = new Map(
    files.sort().map((file) => {
      const name = basename(file, '.json');
      return [name, snapshotFromJson(name, readFileSync(join(folder, 'clusters', file), 'utf8'))];
    }),
  );
  const text = readFileSync(join(folder, 'plan.yaml'), 'utf8');
  const hasState = readdirSync(folder).includes('state.json');
  if (!hasState) return { text, snapshots };
  return { text, snapshots, state: stateOf(JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8'))) };
}
