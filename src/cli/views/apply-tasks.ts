import { Listr, type ListrDefaultRendererLogLevels, ListrLogger, ProcessOutput } from 'listr2';
import type { RunEvent, RunSummary } from '../../../runner/run/events.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { renderDiagnostic } from '../../diagnostics/text.ts';
import { parseAddress } from '../../execution-plan/address.ts';
import type { ExecutionPlan, Step, StepKind } from '../../execution-plan/execution-plan.ts';
import type { Io } from '../io.ts';
import { applyLinesView } from './apply-lines.ts';
import type { ApplyView } from './apply-shown.ts';
import { groupWords, nextWords, progressWords, summaryWords } from './apply-words.ts';

/** The part of listr2's task that is used. */
interface ShownTask {
  title: string | undefined;
  output: string | undefined;
}

/** What is shown as one task. */
interface Group {
  readonly kind: StepKind;
  readonly of: string;
  readonly steps: number;
  ended: number;
  failure: string | null;
  readonly over: PromiseWithResolvers<void>;
  task: ShownTask | null;
}

/** On a terminal: tasks that live. Diagnostics wait for the end, for they would be drawn over. */
export function applyTasksView(io: Io, now: () => number): ApplyView {
  const lines = applyLinesView(io, now);
  const groupOfStep = new Map<string, Group>();
  const found: Diagnostic[] = [];
  let groups: readonly Group[] = [];
  let summary: RunSummary | null = null;
  let drawn: Promise<unknown> = Promise.resolve();

  function retitle(group: Group): void {
    if (group.task === null) return;
    const title = groupWords(group.kind, group.of, group.steps);
    group.task.title = group.steps > 1 ? `${title} (${group.ended} done)` : title;
  }

  function stepEnded(id: string, failure: string | null): void {
    const group = groupOfStep.get(id);
    if (group === undefined) return;
    group.ended += 1;
    group.failure ??= failure;
    retitle(group);
    if (group.ended === group.steps) group.over.resolve();
  }

  function event(event: RunEvent): void {
    if (event.event === 'step_progress') tell(groupOfStep.get(event.step), event.message);
    if (event.event === 'step_done') stepEnded(event.step, null);
    if (event.event === 'step_failed') {
      found.push(...event.diagnostics);
      stepEnded(event.step, event.diagnostics[0]?.summary ?? 'failed');
    }
    if (event.event === 'flow_progress') {
      const group = groups.find((one) => one.kind === 'mirror' && one.of === event.flow);
      tell(group, progressWords(event));
    }
    if (event.event === 'diagnostic') found.push(event.diagnostic);
    if (event.event === 'summary') summary = event.summary;
  }

  return {
    planned: lines.planned,
    begin(plan) {
      groups = groupsOf(plan, groupOfStep);
      drawn = draw(groups);
      io.signal.addEventListener('abort', () => {
        for (const group of groups) tell(group, 'interrupted: finishing what is at hand; interrupt again to stop now');
      });
    },
    event,
    diagnostics: lines.diagnostics,
    async end(next) {
      for (const group of groups) group.over.resolve();
      await drawn;
      for (const one of new Set(found.map((each) => renderDiagnostic(each, { color: io.color })))) io.stderr(one);
      if (summary !== null) io.stdout(summaryWords(summary));
      io.stdout(nextWords(next));
    },
  };
}

function tell(group: Group | undefined, text: string): void {
  if (group?.task && group.ended < group.steps) group.task.output = text;
}

function draw(groups: readonly Group[]): Promise<unknown> {
  const tasks = groups.map((group) => ({
    title: groupWords(group.kind, group.of, group.steps),
    task: async (_context: unknown, task: ShownTask) => {
      group.task = task;
      await group.over.promise;
      if (group.failure !== null) throw new Error(group.failure);
      if (group.ended < group.steps)
        throw new Error(group.steps === 1 ? 'not done' : `${group.steps - group.ended} of ${group.steps} not done`);
    },
  }));
  const processOutput = new ProcessOutput(process.stderr, process.stderr);
  const logger = new ListrLogger<ListrDefaultRendererLogLevels>({ useIcons: true, toStderr: [], processOutput });
  const behaviour = { concurrent: true, exitOnError: false, registerSignalListeners: false } as const;
  return new Listr(tasks, {
    ...behaviour,
    renderer: 'default',
    rendererOptions: { logger, collapseErrors: false },
  }).run();
}

function groupsOf(plan: ExecutionPlan, groupOfStep: Map<string, Group>): readonly Group[] {
  const byName = Map.groupBy(plan.steps, (step) => `${step.kind} ${subjectOf(step)}`);
  return [...byName.values()].flatMap((steps) => {
    const [first] = steps;
    if (first === undefined) return [];
    const group: Group = {
      kind: first.kind,
      of: subjectOf(first),
      steps: steps.length,
      ended: 0,
      failure: null,
      over: Promise.withResolvers<void>(),
      task: null,
    };
    for (const step of steps) groupOfStep.set(step.id, group);
    return [group];
  });
}

/** The cluster of a topic's, quota's or ACL's step, the flow of a flow's. */
function subjectOf(step: Step): string {
  const address = parseAddress(step.address);
  if (address === null) return step.address;
  return 'cluster' in address ? address.cluster : address.name;
}
