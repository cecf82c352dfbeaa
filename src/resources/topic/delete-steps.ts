import type { ChangeOf, Step } from '../../execution-plan/execution-plan.ts';

/**
 * Deletions come after everything else: where a step before fails, nothing is deleted. The first waits for the last step of
 * every other chain, the rest for the first, so that a plan of many steps stays small.
 */
export function deleteSteps(deletions: readonly ChangeOf<'topic'>[], before: readonly Step[]): readonly Step[] {
  const awaited = new Set(before.flatMap((step) => step.after));
  const last = before.map((step) => step.id).filter((id) => !awaited.has(id));
  const [first] = deletions;
  if (first === undefined) return [];
  return deletions.map((change) => ({
    id: idOf(change),
    kind: 'delete-topic',
    address: change.address,
    after: change === first ? last : [idOf(first)],
    reason: change.reason,
    undo: 'This cannot be undone: the topic can be made again, its records are gone.',
  }));
}

function idOf({ address }: ChangeOf<'topic'>): string {
  return `delete-topic:${address}`;
}
