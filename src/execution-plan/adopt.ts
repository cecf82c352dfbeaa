import { aclsToAdopt } from '../resources/acl/adopted-acls.ts';
import { quotasToAdopt } from '../resources/quota/adopted-quotas.ts';
import { topicsToAdopt } from '../resources/topic/adopted-topics.ts';
import type { NowApplied, SeenResources, WantedResource } from './applied.ts';
import type { ExecutionPlan, ResourceKind } from './execution-plan.ts';
import { isGone } from './gone.ts';

const wantedOf = {
  topic: topicsToAdopt,
  quota: quotasToAdopt,
  acl: aclsToAdopt,
  // A flow lives in the state alone: its step stores it.
  flow: () => [],
} as const satisfies Record<ResourceKind, (seen: SeenResources) => readonly WantedResource[]>;

/**
 * What apply stores as applied without a step, since it was seen so: resources that are as the plan file wants them
 * already, and, as gone (null), what is stored, wanted no more and not there any more. What the plan changes is left to
 * its steps. Empty where all of it is stored already: apply twice stores nothing twice.
 */
export function adoptions(
  plan: Pick<ExecutionPlan, 'migration' | 'changes'>,
  live: Omit<SeenResources, 'migration'>,
): readonly NowApplied[] {
  const seen = { ...live, migration: plan.migration };
  const wanted = Object.values(wantedOf).flatMap((ofKind): readonly WantedResource[] => ofKind(seen));
  const settled = new Set([...plan.changes, ...wanted].map((one) => one.address));
  const changed = new Set(plan.changes.map((one) => one.address));
  const adopted = wanted.flatMap(({ address, adopt }) =>
    adopt === undefined || changed.has(address) ? [] : [{ address, state: adopt }],
  );
  const gone = [...live.state.applied].flatMap(([address, { state }]) =>
    settled.has(address) || !isGone(address, state, live.snapshots) ? [] : [{ address, state: null }],
  );
  return [...adopted, ...gone];
}
