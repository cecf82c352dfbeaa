import type { RunEvent, RunSummary } from '../../../runner/run/events.ts';
import type { ExecutionPlan, Step, StepKind } from '../../execution-plan/execution-plan.ts';

const verbs: Readonly<Record<StepKind, string>> = {
  'create-topic': 'create',
  'add-partitions': 'add partitions to',
  'alter-topic-settings': 'alter settings of',
  'alter-quota': 'alter',
  'create-acl': 'create',
  'delete-acl': 'delete',
  'define-flow': 'define',
  mirror: 'mirror',
  'sync-groups': 'bring along the groups of',
  'delete-topic': 'delete',
};

/** `create topic/msk/orders`. */
export function stepWords(step: Pick<Step, 'kind' | 'address'>): string {
  return `${verbs[step.kind]} ${step.address}`;
}

const groupVerbs: Readonly<Record<StepKind, (steps: number, of: string) => string>> = {
  'create-topic': (steps, of) => `Create ${counted(steps, 'topic')} on ${of}`,
  'add-partitions': (steps, of) => `Add partitions to ${counted(steps, 'topic')} on ${of}`,
  'alter-topic-settings': (steps, of) => `Alter settings of ${counted(steps, 'topic')} on ${of}`,
  'alter-quota': (steps, of) => `Alter ${counted(steps, 'quota')} on ${of}`,
  'create-acl': (steps, of) => `Create ${counted(steps, 'ACL')} on ${of}`,
  'delete-acl': (steps, of) => `Delete ${counted(steps, 'ACL')} on ${of}`,
  'define-flow': (_steps, of) => `Define flow ${of}`,
  mirror: (_steps, of) => `Mirror ${of}`,
  'sync-groups': (_steps, of) => `Bring along the groups of ${of}`,
  'delete-topic': (steps, of) => `Delete ${counted(steps, 'topic')} on ${of}`,
};

/** Steps that are shown as one: those of one kind on one cluster, or of one flow. */
export function groupWords(kind: StepKind, of: string, steps: number): string {
  return groupVerbs[kind](steps, of);
}

export type FlowProgress = Extract<RunEvent, { readonly event: 'flow_progress' }>;

export function progressWords(progress: FlowProgress): string {
  const { records, recordsPerSecond, bytesPerSecond, lagRecords } = progress;
  const lag = lagRecords === null ? '' : `, ${grouped(lagRecords)} behind`;
  const rate = `${grouped(Math.round(recordsPerSecond))} records/s, ${megabytes(bytesPerSecond)} MB/s`;
  return `${grouped(records)} records, ${rate}${lag}`;
}

const results: Readonly<Record<RunSummary['result'], string>> = {
  done: 'Apply complete',
  failed: 'Apply failed',
  stale: 'Nothing was applied: the plan is stale',
  locked: 'Nothing was applied: locked by someone else',
  decide: 'Apply stopped where a person must decide',
  'time-limit': 'Apply stopped at the time limit',
  interrupted: 'Apply stopped by an interrupt',
};

/** Empty where nothing was tried: the diagnostics say why. */
export function summaryWords({ result, steps, seconds }: RunSummary): string {
  if (steps.done + steps.alreadyDone + steps.failed + steps.left === 0)
    return result === 'done' ? 'Nothing to do.\n' : '';
  if (steps.done === 0 && (result === 'stale' || result === 'locked')) return `${results[result]}.\n`;
  const how = result === 'stale' ? 'Applied, but by now there is more than the plan says' : results[result];
  const parts = [
    `${counted(steps.done, 'step')} done`,
    ...(steps.alreadyDone > 0 ? [`${steps.alreadyDone} were done before`] : []),
    ...(steps.failed > 0 ? [`${steps.failed} failed`] : []),
    ...(steps.left > 0 ? [`${steps.left} left`] : []),
  ];
  return `${how}: ${parts.join(', ')} in ${seconds.toFixed(1)} s.\n`;
}

export function nextWords(next: readonly string[]): string {
  return next.length === 0 ? '' : `\nNext:\n${next.map((command) => `  ${command}\n`).join('')}`;
}

export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

export function grouped(count: number | bigint): string {
  return count.toLocaleString('en-US');
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}

/** What a person may want to run after a whole apply. */
export function nextCommands(plan: ExecutionPlan, file: string, only: 'resources' | 'data' | undefined): string[] {
  const { flows } = plan.migration;
  if (flows.length === 0) return [];
  if (only === 'resources') return [`kplan apply ${file} --only data`];
  const hasGroups = flows.some((flow) => flow.groups !== undefined);
  return [`kplan verify ${file}`, ...(hasGroups ? [`kplan offsets ${file} --group GROUP`] : [])];
}
