import * as assert from 'uvu/assert';
import type { Action } from '../../../src/execution-plan/execution-plan.ts';
import type { PlanPlace } from '../../fixtures/apply/plan-place.ts';
import type { LiveCluster } from './live.ts';

/** A row of the matrix: what the plan file wants now, what the plan shows for it, and what lives once it is applied. */
export interface Step {
  readonly what: string;
  /** What others do before, on the clusters that `moved` names. */
  readonly outside?: () => Promise<unknown>;
  readonly moved?: readonly LiveCluster[];
  /** Sections of the plan file's top level. */
  readonly wish: object;
  /** By address; empty: there is nothing to do. */
  readonly changes: Readonly<Record<string, Action>>;
  /** Codes that are among the diagnostics of the plan. */
  readonly told?: readonly string[];
  /** As another client sees it, and as it must be. */
  readonly lives: readonly [() => Promise<unknown>, unknown][];
}

/** Plans, applies the saved plan, and finds that nothing is left to plan and nothing has drifted. */
export async function walk(place: PlanPlace, target: LiveCluster, step: Step): Promise<void> {
  const { outside, moved = [target], wish, changes, told = [], lives } = step;
  if (outside !== undefined) {
    await outside();
    for (const live of moved) await live.seenByAll();
  }
  await place.write(wish);
  const planned = await place.plan('saved.kplan.json', 'json');
  const document = JSON.parse(planned.io.out());
  assert.equal(actionsOf(document.changes ?? []), changes, JSON.stringify(document.diagnostics));
  assert.is(planned.code, Object.keys(changes).length === 0 ? 0 : 2, JSON.stringify(document.diagnostics));
  const codes: readonly string[] = document.diagnostics.map((one: { code: string }) => one.code);
  for (const code of told) assert.ok(codes.includes(code), `${code} is not among ${codes.join(', ')}`);
  const applied = await place.apply('saved.kplan.json');
  assert.is(applied.code, 0, applied.printed);
  await isSettled(place);
  await target.seenByAll();
  for (const [look, expected] of lives) assert.equal(await look(), expected);
}

/** Nothing is left to plan, and nothing has drifted. */
export async function isSettled(place: PlanPlace): Promise<void> {
  const again = await place.plan();
  assert.is(again.code, 0, again.printed);
  const drifted = await place.drift('json');
  assert.is(drifted.code, 0, drifted.printed);
  assert.equal(JSON.parse(drifted.io.out()).drift, []);
}

function actionsOf(changes: readonly { address: string; action: Action }[]): Record<string, Action> {
  return Object.fromEntries(changes.map(({ address, action }) => [address, action]));
}
