import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import type { NowApplied } from '../../src/execution-plan/applied.ts';
import type { Step, StepKind } from '../../src/execution-plan/execution-plan.ts';
import { ClusterFault } from '../kafka/cluster-fault.ts';
import type { Journal } from '../state/journal.ts';
import type { StepContext, StepHandler, StepOutcome, Work } from '../steps/step-handler.ts';
import { isResourceStep, type StepGraph, stepGraph } from './step-graph.ts';

export type StepHandlers = { readonly [K in StepKind]: StepHandler<K> };

export interface StepsRequest {
  readonly context: StepContext;
  readonly handlers: StepHandlers;
  readonly journal: Journal;
  /** An earlier run began this plan: look what it has done before anything is done again. */
  readonly begun: boolean;
  readonly only?: 'resources' | 'data' | undefined;
}

export interface StepsResult {
  readonly done: number;
  readonly alreadyDone: number;
  readonly failed: number;
  readonly left: number;
  /** A person must decide about at least one flow. */
  readonly decide: boolean;
  /** By now there is more to do than the plan says. */
  readonly stale: boolean;
}

/** Does the plan's steps in the order of their graph, in batches of one kind; stops between them when asked to. */
export async function runSteps(request: StepsRequest): Promise<StepsResult> {
  const { context, only, handlers } = request;
  const { plan } = context;
  const steps = plan.steps.filter((step) => only === undefined || isResourceStep(step) === (only === 'resources'));
  const missing = only === 'data' ? await undone(request, plan.steps.filter(isNeededByData)) : [];
  if (missing.length > 0) return refuse(request, steps, missing.map(notThere));
  const graph = stepGraph(plan, steps);
  const alreadyDone = request.begun ? await skipDone(request, graph, steps.filter(isResourceStep)) : 0;
  const refused = await check(request, graph.left());
  if (refused.length > 0) return refuse(request, graph.left(), refused, alreadyDone);
  const counts = { done: 0, failed: 0, decide: false, stale: false };
  while (!context.signal.aborted) {
    const batch = graph.next((kind) => handlers[kind].batchMax);
    const [first] = batch;
    if (first === undefined) break;
    const outcomes = await runBatch(request, graph, first.kind, batch).catch(faultOf);
    if (outcomes instanceof ClusterFault) {
      for (const one of outcomes.diagnostics) context.emit({ event: 'diagnostic', diagnostic: one });
      counts.failed += batch.length;
      break;
    }
    for (const outcome of outcomes.values()) {
      const { result } = outcome;
      if (result === 'done') counts.done += 1;
      if (outcome.result === 'done' && outcome.isStale === true) counts.stale = true;
      if (result === 'failed' || result === 'decide') counts.failed += 1;
      if (result === 'decide') counts.decide = true;
    }
  }
  const { done, failed } = counts;
  return { ...counts, alreadyDone, left: steps.length - alreadyDone - done - failed };
}

/** Deletions come last: nothing waits for them. */
function isNeededByData(step: Step): boolean {
  return isResourceStep(step) && step.kind !== 'delete-topic';
}

function faultOf(error: unknown): ClusterFault {
  if (error instanceof ClusterFault) return error;
  throw error;
}

async function runBatch<K extends StepKind>(
  { context, handlers, journal }: StepsRequest,
  graph: StepGraph,
  kind: K,
  steps: readonly Step[],
): Promise<ReadonlyMap<string, StepOutcome>> {
  const { clock } = context.world;
  const startedAtMs = clock.nowMs();
  await journal.begin(steps);
  for (const { id, address } of steps) context.emit({ event: 'step_start', step: id, kind, address });
  const outcomes = await applyAndVerify(handlers[kind], steps, context);
  const ended = (result: StepOutcome['result']) => steps.filter((step) => outcomes.get(step.id)?.result === result);
  const failed = [...ended('failed'), ...ended('decide')];
  const applied = graph.markDone(ended('done'));
  const topicIds = topicIdsOf(steps, outcomes);
  graph.markEnded([...failed, ...ended('interrupted')]);
  await journal.end(
    [
      ...ended('done').map((step) => ({ step, status: 'done' as const })),
      ...failed.map((step) => ({ step, status: 'failed' as const, message: firstSummary(outcomes.get(step.id)) })),
    ],
    applied.map((one) => withTopicId(one, topicIds)),
  );
  const seconds = (clock.nowMs() - startedAtMs) / 1000;
  for (const step of ended('done')) context.emit({ event: 'step_done', step: step.id, result: 'done', seconds });
  for (const step of failed) emitFailed(context, step, outcomes.get(step.id));
  return outcomes;
}

/** By the address of what was made. */
function topicIdsOf(steps: readonly Step[], outcomes: ReadonlyMap<string, StepOutcome>): ReadonlyMap<string, string> {
  return new Map(
    steps.flatMap(({ id, address }): [string, string][] => {
      const outcome = outcomes.get(id);
      return outcome?.result === 'done' && outcome.topicId !== undefined ? [[address, outcome.topicId]] : [];
    }),
  );
}

function withTopicId(applied: NowApplied, topicIds: ReadonlyMap<string, string>): NowApplied {
  const { address, state } = applied;
  const topicId = topicIds.get(address);
  if (topicId === undefined || state === null || !('partitions' in state)) return applied;
  return { address, state: { ...state, topicId } };
}

/** A fault of a cluster leaves the steps begun: what they did is found out by the next run. */
async function applyAndVerify<K extends StepKind>(
  handler: StepHandler<K>,
  steps: readonly Step[],
  context: StepContext,
): Promise<ReadonlyMap<string, StepOutcome>> {
  try {
    const work = workOf(handler, steps, context);
    const outcomes = new Map(await handler.apply(work, context));
    const done = work.filter((one) => outcomes.get(one.step.id)?.result === 'done');
    for (const [id, diagnostics] of await handler.verify(done, context)) {
      if (diagnostics.length > 0) outcomes.set(id, { result: 'failed', diagnostics });
    }
    return outcomes;
  } catch (error) {
    if (error instanceof ClusterFault) {
      for (const { id } of steps) context.emit({ event: 'step_failed', step: id, diagnostics: error.diagnostics });
    }
    throw error;
  }
}

/** Ends, in the journal too, what an earlier run did without being able to say so. */
async function skipDone(request: StepsRequest, graph: StepGraph, steps: readonly Step[]): Promise<number> {
  const missing = new Set(await undone(request, steps));
  const done = steps.filter((step) => !missing.has(step));
  const applied = graph.markDone(done);
  await request.journal.end(
    done.map((step) => ({ step, status: 'done' as const })),
    applied,
  );
  for (const { id } of done) request.context.emit({ event: 'step_done', step: id, result: 'already-done', seconds: 0 });
  return done.length;
}

async function undone({ context, handlers }: StepsRequest, steps: readonly Step[]): Promise<readonly Step[]> {
  const done = new Set<string>();
  for (const [kind, ofKind] of Map.groupBy(steps, (step) => step.kind)) {
    for (const id of await inspect(handlers[kind], ofKind, context)) done.add(id);
  }
  return steps.filter((step) => !done.has(step.id));
}

async function check({ context, handlers }: StepsRequest, steps: readonly Step[]): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const [kind, ofKind] of Map.groupBy(steps, (step) => step.kind)) {
    found.push(...(await checkKind(handlers[kind], ofKind, context)));
  }
  return found;
}

function inspect<K extends StepKind>(handler: StepHandler<K>, steps: readonly Step[], context: StepContext) {
  return handler.inspect(workOf(handler, steps, context), context);
}

function checkKind<K extends StepKind>(handler: StepHandler<K>, steps: readonly Step[], context: StepContext) {
  return handler.check(workOf(handler, steps, context), context);
}

function workOf<K extends StepKind>(handler: StepHandler<K>, steps: readonly Step[], { plan }: StepContext): Work<K>[] {
  return steps.map((step) => ({ step, subject: handler.subject(step, plan) }));
}

function refuse(
  { context }: StepsRequest,
  left: readonly Step[],
  diagnostics: readonly Diagnostic[],
  alreadyDone = 0,
): StepsResult {
  for (const one of diagnostics) context.emit({ event: 'diagnostic', diagnostic: one });
  return { done: 0, alreadyDone, failed: diagnostics.length, left: left.length, decide: false, stale: false };
}

function notThere(step: Step): Diagnostic {
  return diagnostic('KP4010', {
    address: step.address,
    summary: `${step.address} is not as planned yet (${step.reason}).`,
  });
}

function emitFailed({ emit }: StepContext, step: Step, outcome: StepOutcome | undefined): void {
  const diagnostics = outcome !== undefined && 'diagnostics' in outcome ? outcome.diagnostics : [];
  emit({ event: 'step_failed', step: step.id, diagnostics });
}

function firstSummary(outcome: StepOutcome | undefined): string {
  return (outcome !== undefined && 'diagnostics' in outcome ? outcome.diagnostics[0]?.summary : undefined) ?? 'unknown';
}
