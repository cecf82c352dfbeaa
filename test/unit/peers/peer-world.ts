import type { SettingsJson } from '../../../src/cluster/snapshot-json.ts';
import { snapshotFromJson } from '../../../src/cluster/snapshot-json.ts';
import type { Diagnostic } from '../../../src/diagnostics/diagnostic.ts';
import type { ExecutionPlan } from '../../../src/execution-plan/execution-plan.ts';
import type { StateSnapshot } from '../../../src/state/records.ts';
import { emptyState } from '../../../src/state/state-codec.ts';
import type { RunFixture } from '../apply/run-world.ts';
import { type Planned, planOf } from '../planner/plan-case.ts';

export interface TopicWish {
  readonly name: string;
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly config?: Readonly<Record<string, string | number>>;
}

/** A plan file of one cluster (JSON is YAML). */
function fileOf(topics: readonly TopicWish[]): string {
  const all = topics.map((topic) => ({ partitions: 3, replicationFactor: 3, ...topic }));
  const clusters = { msk: { bootstrap: ['kafka-1.msk:9092'] } };
  return JSON.stringify({ version: 1, name: 'test', clusters, state: { cluster: 'msk' }, topics: { msk: all } });
}

export interface LiveTopic {
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

/** What `kplan plan` finds where these topics live, on three brokers of 4.1; without a state nothing was ever applied. */
export function planOn(
  live: Readonly<Record<string, LiveTopic>>,
  wishes: readonly TopicWish[],
  { defaults = {}, state = emptyState }: { readonly defaults?: SettingsJson; readonly state?: StateSnapshot } = {},
): Planned {
  const topics = Object.fromEntries(
    Object.entries(live).map(([name, { config, ...topic }]) => [name, { ...topic, settings: config }]),
  );
  const json = { clusterId: 'cluster-1', kafkaVersion: '4.1', brokers: 3, topics, newTopicSettings: defaults };
  const snapshots = new Map([['msk', snapshotFromJson('msk', JSON.stringify(json))]]);
  return planOf({ text: fileOf(wishes), snapshots, state });
}

/** The same on the topics of an in-memory cluster that applies run on; a refusal is a mistake of the test. */
export function planIn({ topics }: RunFixture, wishes: readonly TopicWish[]): ExecutionPlan {
  return planOfPlanned(planOn(Object.fromEntries(topics), wishes));
}

export function planOfPlanned(result: Planned): ExecutionPlan {
  if ('plan' in result) return result.plan;
  throw new Error(`refused: ${result.refused.map((one) => one.summary).join(' ')}`);
}

/** The errors for which nothing can be applied, whether before or after the clusters were read. */
export function errorsOf(result: Planned): readonly Diagnostic[] {
  const found = 'plan' in result ? result.plan.diagnostics : result.refused;
  return found.filter((one) => one.severity === 'error');
}
