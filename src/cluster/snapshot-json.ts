import { topicSettings } from '../plan-file/topic-settings.generated.ts';
import { type AclsJson, aclsFromJson } from './acl.ts';
import { type ProgressJson, progressFromJson, progressToJson } from './progress.ts';
import { sharedValues } from './shared-values.ts';
import type {
  BrokerSnapshot,
  ClusterSnapshot,
  GroupListing,
  PartitionSnapshot,
  QuotaSnapshot,
  Setting,
  TopicSnapshot,
} from './snapshot.ts';

/**
 * A snapshot as a person writes it in a test case: `clusters/<name>.json`. What is left out is the usual: brokers 1 to N,
 * replicas dealt in turn, all in sync, Kafka's own defaults of that version. A setting is `"value"` (under
 * `newTopicSettings` one that the brokers give, under a topic one that the topic sets), or the whole `Setting`.
 */
export interface ClusterJson {
  readonly clusterId: string;
  readonly kafkaVersion?: string;
  /** Nothing is left out: no defaults are filled in. */
  readonly complete?: true;
  readonly brokers: number | readonly BrokerSnapshot[];
  readonly topics?: Readonly<Record<string, TopicJson>>;
  readonly newTopicSettings?: SettingsJson;
  readonly groups?: readonly GroupListing[];
  readonly quotas?: readonly QuotaSnapshot[];
  readonly acls?: AclsJson;
  readonly progress?: ProgressJson;
}

export interface TopicJson {
  readonly topicId?: string;
  readonly internal?: boolean;
  readonly partitions: number | readonly PartitionSnapshot[];
  readonly replicationFactor?: number;
  readonly settings?: SettingsJson;
  /** A bigint as text. */
  readonly recordsMax?: string;
}

export type SettingsJson = Readonly<Record<string, string | Setting>>;

/** Reads the short form and the one that `snapshotToJson` writes. The text is a developer's, so mistakes throw. */
export function snapshotFromJson(name: string, text: string): ClusterSnapshot {
  const json: ClusterJson = JSON.parse(text);
  const brokers = typeof json.brokers === 'number' ? usualBrokers(name, json.brokers) : json.brokers;
  const given = settingsFromJson(json.newTopicSettings, 'static');
  const defaults = json.complete ? given : new Map([...kafkaDefaults(json.kafkaVersion), ...given]);
  const usual = { brokers, defaults: json.complete ? noSettings : defaults, ...sharing() };
  return {
    name,
    clusterId: json.clusterId,
    ...(json.kafkaVersion === undefined ? {} : { kafkaVersion: json.kafkaVersion }),
    brokers,
    topics: new Map(Object.entries(json.topics ?? {}).map(([topic, one]) => [topic, topicFromJson(topic, one, usual)])),
    newTopicSettings: defaults,
    groups: json.groups ?? [],
    ...(json.quotas === undefined ? {} : { quotas: json.quotas }),
    ...(json.acls === undefined ? {} : { acls: aclsFromJson(json.acls) }),
    ...(json.progress === undefined ? {} : { progress: progressFromJson(json.progress) }),
  };
}

/** The whole snapshot as JSON text, ending in a newline; `snapshotFromJson` reads it back. */
export function snapshotToJson(snapshot: ClusterSnapshot): string {
  const { name: _name, topics, newTopicSettings, progress, ...rest } = snapshot;
  const json: ClusterJson = {
    ...rest,
    ...(progress === undefined ? {} : { progress: progressToJson(progress) }),
    complete: true,
    topics: Object.fromEntries(
      [...topics].map(([topic, { name: _topic, settings, recordsMax, ...one }]) => [
        topic,
        {
          ...one,
          ...(recordsMax === undefined ? {} : { recordsMax: String(recordsMax) }),
          ...(settings === undefined ? {} : { settings: Object.fromEntries(settings) }),
        },
      ]),
    ),
    newTopicSettings: Object.fromEntries(newTopicSettings),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

function usualBrokers(cluster: string, count: number): BrokerSnapshot[] {
  return Array.from({ length: count }, (_, index) => ({ id: index + 1, host: `${cluster}-${index + 1}`, port: 9092 }));
}

function kafkaDefaults(kafkaVersion = ''): Settings {
  return new Map(
    Object.entries(topicSettings).flatMap(([name, versions]): [string, Setting][] => {
      const known = versions[kafkaVersion];
      return known === undefined ? [] : [[name, { value: known.default, source: 'default' }]];
    }),
  );
}

type Settings = ReadonlyMap<string, Setting>;

const noSettings: Settings = new Map();

/** What topics have that leave it out. Equal settings and replicas are shared, as a reader of a live cluster shares them. */
interface Usual extends ReturnType<typeof sharing> {
  readonly brokers: readonly BrokerSnapshot[];
  readonly defaults: Settings;
}

function sharing() {
  return { settings: sharedValues<Settings>(), replicas: sharedValues<readonly number[]>() };
}

function topicFromJson(name: string, json: TopicJson, usual: Usual): TopicSnapshot {
  const settings = usual.settings(JSON.stringify(json.settings ?? {}), () =>
    topicSettingsFromJson(json.settings, usual),
  );
  return {
    name,
    ...(json.topicId === undefined ? {} : { topicId: json.topicId }),
    internal: json.internal ?? false,
    partitions:
      typeof json.partitions === 'number'
        ? usualPartitions(json.partitions, json.replicationFactor ?? 1, usual)
        : json.partitions,
    ...(json.recordsMax === undefined ? {} : { recordsMax: BigInt(json.recordsMax) }),
    ...(json.settings === undefined && usual.defaults.size === 0 ? {} : { settings }),
  };
}

/** What a topic does not set it inherits of the cluster, as DescribeConfigs answers it. */
function topicSettingsFromJson(json: SettingsJson | undefined, { defaults }: Usual): Settings {
  const own = [...settingsFromJson(json, 'topic')].map(([key, setting]) => {
    const inherited = defaults.get(key);
    const known = setting.inherited !== undefined || inherited === undefined;
    return [key, known ? setting : { ...setting, inherited }] as const;
  });
  return new Map([...defaults, ...own]);
}

function usualPartitions(count: number, factor: number, { brokers, replicas: shared }: Usual): PartitionSnapshot[] {
  return Array.from({ length: count }, (_, partition) => {
    const dealt = Array.from({ length: factor }, (_none, at) => brokers[(partition + at) % brokers.length]?.id ?? -1);
    const replicas = shared(dealt.join(), () => dealt);
    return { partition, leader: replicas[0] ?? -1, replicas, inSyncReplicas: replicas };
  });
}

function settingsFromJson(json: SettingsJson = {}, source: Setting['source']): Map<string, Setting> {
  return new Map(
    Object.entries(json).map(([name, setting]) => [
      name,
      typeof setting === 'string' ? { value: setting, source } : setting,
    ]),
  );
}
