import { flowAddress } from '../../execution-plan/address.ts';
import type { ChangeOf } from '../../execution-plan/execution-plan.ts';
import type { Flow, FlowDefinition } from '../../migration/migration.ts';

/** A flow without its members: a topic more or less is no change of the flow. */
export function definitionOf(flow: Flow): FlowDefinition {
  const {
    topics: _topics,
    groupMembers: _groups,
    groupProgress: _progress,
    acls: _acls,
    membership: _membership,
    ...definition
  } = flow;
  return definition;
}

/** From what the last apply made of the flow to what the plan file says now. */
export function flowChange(flow: Flow, applied: FlowDefinition | undefined): ChangeOf<'flow'> {
  const address = flowAddress(flow.name);
  const after = definitionOf(flow);
  if (applied === undefined) {
    const reason = `mirrors from ${flow.source} to ${flow.target}`;
    return { address, kind: 'flow', action: 'create', before: null, after, reason };
  }
  const action = sameDefinition(applied, after) ? 'no-op' : 'update';
  return { address, kind: 'flow', action, before: applied, after, reason: 'its definition in the plan file changed' };
}

/** By value, whatever the order of keys. */
export function sameDefinition(a: FlowDefinition | null, b: FlowDefinition | null): boolean {
  return JSON.stringify(a, withSortedKeys) === JSON.stringify(b, withSortedKeys);
}

function withSortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
