import type { ClusterSnapshot } from '../../cluster/snapshot.ts';
import { topicAddress } from '../../execution-plan/address.ts';
import type { DeclaredTopic, Flow, KeyHash, Migration, MirroredTopic } from '../../migration/migration.ts';
import type { Settings } from './copied-settings.ts';
import type { Finding } from './finding.ts';
import { type MirroredSettings, settingsAtTarget, targetKnows } from './mirrored-settings.ts';

/** A topic as the migration wants it on a cluster. */
export interface DesiredTopic {
  readonly address: string;
  readonly cluster: string;
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
  readonly reason: string;
  /** What is mirrored into the topic; absent where it is declared in its own right. */
  readonly mirrored?: {
    readonly flow: string;
    readonly source: { readonly cluster: string; readonly topic: string };
    readonly sourcePartitions: number;
    readonly byKey: KeyHash | undefined;
    readonly delivery: Flow['delivery'];
    /** Settings that wait for the cutover, with what they will be. */
    readonly heldBack: Readonly<Record<string, string>>;
  };
}

export interface DesiredTopics {
  readonly topics: readonly DesiredTopic[];
  readonly findings: readonly Finding[];
}

type Snapshots = ReadonlyMap<string, ClusterSnapshot>;

/** Every topic that the migration wants, mirrored ones first, each with the settings it must have at its cluster. */
export function desiredTopics(migration: Migration, snapshots: Snapshots): DesiredTopics {
  const parts = [
    ...migration.flows.flatMap((flow) => desiredOfFlow(flow, snapshots)),
    ...migration.topics.map((topic) => desiredDeclared(topic, snapshots)),
  ];
  return { topics: parts.map((part) => part.topic), findings: parts.flatMap((part) => part.findings) };
}

interface DesiredPart {
  readonly topic: DesiredTopic;
  readonly findings: readonly Finding[];
}

const noSettings: Settings = new Map();

function desiredOfFlow(flow: Flow, snapshots: Snapshots): DesiredPart[] {
  const sources = snapshotOf(snapshots, flow.source).topics;
  const settingsOf = settingsAtTarget(snapshotOf(snapshots, flow.target));
  return flow.topics.map((topic) => {
    const settings = settingsOf(topic, sources.get(topic.source)?.settings ?? noSettings);
    return desiredMirrored(flow, topic, settings);
  });
}

function desiredMirrored(flow: Flow, topic: MirroredTopic, settings: MirroredSettings): DesiredPart {
  const { config, heldBack, remarks } = settings;
  const address = topicAddress(flow.target, topic.target);
  return {
    topic: {
      address,
      cluster: flow.target,
      name: topic.target,
      partitions: topic.partitions,
      replicationFactor: topic.replicationFactor,
      config,
      reason: `flow ${flow.name} mirrors ${topic.source} of ${flow.source} into it${byKeyWords(topic)}`,
      mirrored: {
        flow: flow.name,
        source: { cluster: flow.source, topic: topic.source },
        sourcePartitions: topic.sourcePartitions,
        byKey: topic.byKey,
        delivery: flow.delivery,
        heldBack,
      },
    },
    findings: remarks.map((remark) => ({ ...remark, address, topic: topic.target })),
  };
}

function byKeyWords({ byKey }: MirroredTopic): string {
  return byKey === undefined ? '' : `, by ${byKey} of the keys`;
}

function desiredDeclared(topic: DeclaredTopic, snapshots: Snapshots): DesiredPart {
  const { cluster, name, partitions, replicationFactor, config } = topic;
  const address = topicAddress(cluster, name);
  const snapshot = snapshotOf(snapshots, cluster);
  const unknown = Object.keys(config).filter((setting) => !targetKnows(snapshot, snapshot.topics.get(name), setting));
  const version = snapshot.kafkaVersion === undefined ? cluster : `Kafka ${snapshot.kafkaVersion} of ${cluster}`;
  return {
    topic: {
      address,
      cluster,
      name,
      partitions,
      replicationFactor,
      config,
      reason: `declared under topics.${cluster}`,
    },
    findings: unknown.map((setting) => ({
      code: 'KP2111',
      address,
      topic: name,
      says: `config has ${setting}, which ${version} lacks`,
    })),
  };
}

/** The gathering reads every cluster that the migration names. */
export function snapshotOf(snapshots: Snapshots, cluster: string): ClusterSnapshot {
  const snapshot = snapshots.get(cluster);
  if (snapshot === undefined) throw new Error(`no snapshot of cluster ${cluster}`);
  return snapshot;
}
