import type { Flow, Migration } from '../migration/migration.ts';
import { stepsOfAcls } from '../resources/acl/acl-steps.ts';
import { stepsOfQuota } from '../resources/quota/quota-steps.ts';
import { deleteSteps } from '../resources/topic/delete-steps.ts';
import { flowAddress, topicAddress } from './address.ts';
import type { Change, ChangeOf, Step, TopicState } from './execution-plan.ts';

/**
 * The steps in an order that obeys every `after`: ACLs, topics, quotas, then for each flow its definition, the mirror, the groups; deletions last.
 * The mirror (and, where groups are given, their offsets) goes on in every apply, changes or none: being behind is
 * no change.
 */
export function orderSteps(changes: readonly Change[], migration: Migration): readonly Step[] {
  const topicSteps = new Map<string, readonly Step[]>();
  const flowChanges = new Map<string, ChangeOf<'flow'>>();
  const quotaSteps: Step[] = [];
  const acls: ChangeOf<'acl'>[] = [];
  const deletions: ChangeOf<'topic'>[] = [];
  for (const change of changes) {
    if (change.kind === 'topic' && change.after === null) deletions.push(change);
    else if (change.kind === 'topic') topicSteps.set(change.address, stepsOfTopic(change));
    else if (change.kind === 'quota') quotaSteps.push(...stepsOfQuota(change));
    else if (change.kind === 'acl') acls.push(change);
    else flowChanges.set(change.address, change);
  }
  const flowSteps = migration.flows.flatMap((flow) =>
    stepsOfFlow(flow, flowChanges.get(flowAddress(flow.name)), lastSteps(flow, topicSteps)),
  );
  const steps = [...stepsOfAcls(acls), ...[...topicSteps.values()].flat(), ...quotaSteps, ...flowSteps];
  return [...steps, ...deleteSteps(deletions, steps)];
}

/** The last step of each target topic that the flow writes into. */
function lastSteps(flow: Flow, topicSteps: ReadonlyMap<string, readonly Step[]>): readonly string[] {
  return flow.topics.flatMap((topic) => {
    const last = topicSteps.get(topicAddress(flow.target, topic.target))?.at(-1);
    return last === undefined ? [] : [last.id];
  });
}

/** Settings go before partitions: they can be taken back, partitions cannot. */
function stepsOfTopic(change: ChangeOf<'topic'>): readonly Step[] {
  const { address, before, after, reason } = change;
  if (after === null) return [];
  if (before === null) {
    return [step('create-topic', address, [], reason, 'Delete the topic; the records in it are gone then.')];
  }
  const steps: Step[] = [];
  const altered = Object.keys(after.config).filter((name) => after.config[name] !== (before.config[name] ?? null));
  if (altered.length > 0) {
    steps.push(step('alter-topic-settings', address, [], reason, `Set back ${settingList(altered, before)}.`));
  }
  if (after.partitions > before.partitions) {
    steps.push(
      step(
        'add-partitions',
        address,
        steps.map((one) => one.id),
        reason,
        'This cannot be undone: Kafka takes no partitions away.',
      ),
    );
  }
  return steps;
}

function settingList(names: readonly string[], state: TopicState): string {
  return names.map((name) => `${name} to ${state.config[name] ?? 'the default'}`).join(', ');
}

function stepsOfFlow(flow: Flow, change: ChangeOf<'flow'> | undefined, topics: readonly string[]): readonly Step[] {
  const address = flowAddress(flow.name);
  const steps: Step[] = [];
  if (change !== undefined) {
    const undo =
      change.before === null
        ? 'Take the flow out of the plan file: nothing more is mirrored, what has arrived stays.'
        : 'Apply the plan file as it was before.';
    steps.push(step('define-flow', address, topics, change.reason, undo));
  }
  const before = steps.at(-1);
  const mirrors = `${flow.name} mirrors from ${flow.source} to ${flow.target}`;
  const mirror = step('mirror', address, before === undefined ? topics : [before.id], mirrors);
  steps.push(mirror);
  if (flow.groups !== undefined) {
    steps.push(step('sync-groups', address, [mirror.id], `groups of ${flow.name} are kept in sync`));
  }
  return steps;
}

function step(kind: Step['kind'], address: string, after: readonly string[], reason: string, undo?: string): Step {
  return { id: `${kind}:${address}`, kind, address, after, reason, ...(undo === undefined ? {} : { undo }) };
}
