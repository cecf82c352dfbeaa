import type { ChangeOf, Step } from '../../execution-plan/execution-plan.ts';
import { limitNames } from './live-quota.ts';

/** One request alters all limits of an entity, or none. */
export function stepsOfQuota({ address, before, after, reason }: ChangeOf<'quota'>): readonly Step[] {
  const [from, to] = [before?.limits ?? {}, after?.limits ?? {}];
  const altered = limitNames(from, to).filter((name) => (from[name] ?? null) !== (to[name] ?? null));
  const set = altered.flatMap((name) => (typeof from[name] === 'number' ? [`${name} to ${from[name]}`] : []));
  const removed = altered.filter((name) => typeof from[name] !== 'number');
  const undo = [
    ...(set.length > 0 ? [`Set ${set.join(', ')} again.`] : []),
    ...(removed.length > 0 ? [`Remove ${removed.join(', ')}.`] : []),
  ].join(' ');
  return [{ id: `alter-quota:${address}`, kind: 'alter-quota', address, after: [], reason, undo }];
}
