import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ClusterSnapshot } from '../../../src/cluster/snapshot.ts';
import { snapshotFromJson } from '../../../src/cluster/snapshot-json.ts';
import { type Diagnostic, hasErrors } from '../../../src/diagnostics/diagnostic.ts';
import { draftPlan, finishPlan } from '../../../src/execution-plan/assemble-plan.ts';
import type { ExecutionPlan } from '../../../src/execution-plan/execution-plan.ts';
import { type Answer, type Asked, questionsOf } from '../../../src/execution-plan/questions.ts';
import { notYetSupported } from '../../../src/migration/not-yet.ts';
import { placeIn } from '../../../src/migration/place.ts';
import { validatePlanFile } from '../../../src/plan-file/check.ts';
import type { AppliedRecord, MirroredPlaces, StateSnapshot } from '../../../src/state/records.ts';
import { emptyState } from '../../../src/state/state-codec.ts';

export type Planned = { readonly plan: ExecutionPlan } | { readonly refused: readonly Diagnostic[] };

export interface PlanInput {
  readonly text: string;
  readonly snapshots: ReadonlyMap<string, ClusterSnapshot>;
  readonly state?: StateSnapshot;
  /** What the clusters answer when they are asked about the plan. */
  readonly answers?: Asked['answers'];
}

export const planFilePath = 'plan.yaml';
export const caseTime = '2026-11-23T08:00:00.000Z';

/** What `kplan plan` does, with everything gathered already. */
export function planOf({ text, snapshots, state = emptyState, answers }: PlanInput): Planned {
  const { planFile, diagnostics, locate } = validatePlanFile(text, planFilePath);
  const place = placeIn(planFilePath, locate);
  const offline = [...diagnostics, ...(planFile === undefined ? [] : notYetSupported(planFile, place))];
  if (planFile === undefined || hasErrors(offline)) return { refused: offline };
  const source = { path: planFilePath, sha256: '0'.repeat(64) };
  const draft = draftPlan({ planFile, place, snapshots, state, source, createdAt: caseTime, offline });
  const asked = answers && { questions: questionsOf(draft.planned), answers };
  return { plan: finishPlan(draft, asked) };
}

/** The plan, where a refusal would be a mistake of the test. */
export function planned(input: PlanInput): ExecutionPlan {
  const result = planOf(input);
  if ('plan' in result) return result.plan;
  throw new Error(`refused: ${result.refused.map((one) => one.summary).join(' ')}`);
}

/** A state that says of each address what was applied. */
export function stateOf(
  applied: Readonly<Record<string, AppliedRecord['state']>>,
  positions: Readonly<Record<string, readonly MirroredPlaces[]>> = {},
): StateSnapshot {
  const records = Object.entries(applied).map(
    ([address, state]) => [address, { v: 1, digest: '0'.repeat(64), at: caseTime, state }] as const,
  );
  return { ...emptyState, exists: true, applied: new Map(records), mirrored: new Map(Object.entries(positions)) };
}

/**
 * A case's folder: plan.yaml, clusters/<cluster>.json, state.json (`{address: state}`) where something was applied,
 * positions.json (by flow) where its positions were read, and answers.json (by cluster) where the clusters have something to say about the plan.
 */
export function readCase(folder: string): PlanInput {
  const files = readdirSync(join(folder, 'clusters')).filter((name) => name.endsWith('.json'));
  const snapshots = new Map(
    files.sort().map((file) => {
      const name = basename(file, '.json');
      return [name, snapshotFromJson(name, readFileSync(join(folder, 'clusters', file), 'utf8'))];
    }),
  );
  const text = readFileSync(join(folder, 'plan.yaml'), 'utf8');
  const [applied, answers, positions] = ['state.json', 'answers.json', 'positions.json'].map((file) =>
    readdirSync(folder).includes(file) ? JSON.parse(readFileSync(join(folder, file), 'utf8')) : undefined,
  );
  return {
    text,
    snapshots,
    ...(applied === undefined ? {} : { state: stateOf(applied, positions) }),
    ...(answers === undefined ? {} : { answers: answersFromJson(answers) }),
  };
}

interface AnswerJson extends Partial<Omit<Answer, 'held'>> {
  /** By the resource, as in `topic orders`. */
  readonly held?: Readonly<Record<string, readonly string[]>>;
}

function answersFromJson(json: Readonly<Record<string, AnswerJson>>): Asked['answers'] {
  return new Map(
    Object.entries(json).map(([cluster, { refusals = [], held = {}, ...rest }]) => [
      cluster,
      { ...rest, refusals, held: new Map(Object.entries(held)) },
    ]),
  );
}
