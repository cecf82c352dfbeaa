import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';
import { matchGroups } from '../migration/match-groups.ts';
import type { Flow, Migration } from '../migration/migration.ts';
import type { Place } from '../migration/place.ts';
import { type Resolution, resolveMigration } from '../migration/resolve.ts';
import type { PlanFile } from '../plan-file/plan-file.generated.ts';
import { groupProgressOf } from '../resources/group/group-progress.ts';
import { ruleDiagnostics } from '../rules/find.ts';
import type { StateSnapshot } from '../state/records.ts';
import { type Compiled, compile } from './compile.ts';
import { createExecutionPlan } from './create-execution-plan.ts';
import type { ExecutionPlan } from './execution-plan.ts';
import { type Asked, answerDiagnostics, type PlannedChanges } from './questions.ts';
import { switchRules } from './switch-rules.ts';

export interface AssembleInput {
  /** Checked offline, and without what this version can't do. */
  readonly planFile: PlanFile;
  readonly place: Place;
  readonly snapshots: ReadonlyMap<string, ClusterSnapshot>;
  readonly state: StateSnapshot;
  readonly source: ExecutionPlan['source'];
  readonly createdAt: string;
  /** Warnings and notes of the offline checks, and what could not be read. */
  readonly offline?: readonly Diagnostic[];
}

/** What is planned before the clusters are asked what they would refuse of it. */
export interface PlanDraft {
  readonly input: AssembleInput;
  readonly migration: Migration;
  readonly compiled: Compiled;
  readonly pointers: Resolution['pointers'];
  readonly diagnostics: readonly Diagnostic[];
  /** What the clusters can be asked about (`questionsOf`). */
  readonly planned: PlannedChanges;
}

/** Everything that was gathered, to an execution plan. Pure: the same input gives the same document. */
export function assemblePlan(input: AssembleInput): ExecutionPlan {
  return finishPlan(draftPlan(input));
}

/** Pure, as `finishPlan` is: the clusters are asked between the two. */
export function draftPlan(input: AssembleInput): PlanDraft {
  const { planFile, place, snapshots, state, createdAt, offline = [] } = input;
  const policies = planFile.policies ?? {};
  const listing = new Map([...snapshots].map(([name, snapshot]) => [name, snapshot.topics]));
  const resolution = resolveMigration(planFile, listing, place);
  const { pointers } = resolution;
  const grouped = resolution.migration.flows.map((flow, index) => withGroups(flow, index, snapshots, place));
  const migration: Migration = { ...resolution.migration, flows: grouped.map((one) => one.flow) };
  const compiled = compile({ migration, snapshots, state, policies });
  const { changes, faulty } = compiled;
  const diagnostics = [
    ...offline,
    ...resolution.diagnostics,
    ...grouped.flatMap((one) => one.diagnostics),
    ...compiled.diagnostics.map((one) => placed(one, pointers, place)),
    ...ruleDiagnostics({ migration, snapshots, state, changes, nowMs: Date.parse(createdAt) }, place),
  ];
  const planned = { migration, snapshots, changes, faulty };
  return { input, migration, compiled, pointers, diagnostics, planned };
}

/** `asked` is absent where the clusters were not asked. */
export function finishPlan(draft: PlanDraft, asked?: Asked): ExecutionPlan {
  const { input, migration, compiled, pointers, diagnostics } = draft;
  const { planFile, place, snapshots, source, createdAt } = input;
  const at = {
    change: (one: Diagnostic) => placed(one, pointers, place),
    cluster: (name: string) => place(['clusters', name], 'key'),
  };
  const answered = asked === undefined ? [] : answerDiagnostics(draft, asked, at);
  const found = [...diagnostics, ...answered];
  return createExecutionPlan({
    createdAt,
    source,
    migration,
    clusters: clustersOf(snapshots),
    changes: compiled.changes,
    drift: compiled.drift,
    diagnostics: switchRules(found, planFile.policies?.rules ?? {}, place, createdAt),
  });
}

/** A finding about a topic gets the line where the plan file speaks of it. */
function placed(one: Diagnostic, pointers: Resolution['pointers'], place: Place): Diagnostic {
  const pointer = one.address === undefined || one.severity === 'note' ? undefined : pointers.get(one.address);
  return pointer === undefined ? one : { ...one, ...place(pointer) };
}

function withGroups(flow: Flow, index: number, snapshots: AssembleInput['snapshots'], place: Place) {
  if (flow.groups === undefined) return { flow, diagnostics: [] };
  const { members, others } = matchGroups(flow.groups, snapshots.get(flow.source)?.groups ?? []);
  const summary = `Flow ${flow.name} leaves share groups and Kafka Streams groups where they are.`;
  const note = () =>
    diagnostic('KP2118', { summary, detail: others.join(', '), ...place(['flows', index, 'groups'], 'key') });
  const diagnostics: Diagnostic[] = others.length === 0 ? [] : [note()];
  const withMembers = { ...flow, groupMembers: members };
  const progress = snapshots.get(flow.source)?.progress;
  const groupProgress = progress === undefined ? undefined : groupProgressOf(withMembers, progress);
  return { flow: { ...withMembers, ...(groupProgress === undefined ? {} : { groupProgress }) }, diagnostics };
}

function clustersOf(snapshots: AssembleInput['snapshots']): ExecutionPlan['clusters'] {
  return Object.fromEntries(
    [...snapshots].map(([name, { clusterId, kafkaVersion }]) => [
      name,
      { clusterId, ...(kafkaVersion === undefined ? {} : { kafkaVersion }) },
    ]),
  );
}
