import type { ClusterReader } from './ports.ts';
import type { ProgressSnapshot } from './progress.ts';
import type { ClusterSnapshot, GroupListing, Setting } from './snapshot.ts';
import type { TopicListing } from './topic-listing.ts';

/** What a plan needs besides the listing, each by cluster. */
export interface SnapshotScope {
  /** Topics whose settings are read, where they are there. */
  readonly settingsOf: ReadonlyMap<string, ReadonlySet<string>>;
  /** Topics whose records are counted, where they are there; absent: none. */
  readonly recordsOf?: ReadonlyMap<string, ReadonlySet<string>>;
  /** Clusters on which topics may be created: the settings of a new topic are asked. */
  readonly newTopicsOn: ReadonlySet<string>;
  /** Clusters whose groups are listed. */
  readonly groupsOf: ReadonlySet<string>;
  /** Topics and groups whose progress is read, where they are there; absent: none. */
  readonly progressOf?: ReadonlyMap<string, ProgressWanted>;
  /** Clusters whose ACLs are read; absent: none. */
  readonly aclsOf?: ReadonlySet<string>;
  /** Clusters whose client quotas are read; absent: none. */
  readonly quotasOf?: ReadonlySet<string>;
}

export interface ProgressWanted {
  readonly topics: ReadonlySet<string>;
  readonly groups: (listed: readonly GroupListing[]) => readonly GroupListing[];
}

export type ClusterReaders = Readonly<Record<string, ClusterReader>>;

/**
 * Reads every cluster once, in two phases: all listings, then what `scopeOf` wants of them; all clusters at the same
 * time. A topic that vanishes between the phases is left out. Fails with the first cluster fault.
 */
export async function takeSnapshot(
  readers: ClusterReaders,
  scopeOf: (listing: TopicListing) => SnapshotScope,
): Promise<ReadonlyMap<string, ClusterSnapshot>> {
  const listed = await Promise.all(Object.entries(readers).map(([name, reader]) => listCluster(name, reader)));
  const scope = scopeOf(new Map(listed.map(({ cluster }) => [cluster.name, cluster.topics])));
  const snapshots = await Promise.all(listed.map(({ cluster, reader }) => readWanted(cluster, reader, scope)));
  return new Map(snapshots.map((snapshot) => [snapshot.name, snapshot]));
}

async function listCluster(name: string, reader: ClusterReader) {
  const [described, topics] = await Promise.all([reader.describeCluster(), reader.listTopics()]);
  const cluster: ClusterSnapshot = {
    name,
    ...described,
    topics: new Map(topics.map((topic) => [topic.name, topic])),
    newTopicSettings: new Map(),
    groups: [],
  };
  return { cluster, reader };
}

async function readWanted(
  cluster: ClusterSnapshot,
  reader: ClusterReader,
  scope: SnapshotScope,
): Promise<ClusterSnapshot> {
  const wanted = [...(scope.settingsOf.get(cluster.name) ?? [])].filter((topic) => cluster.topics.has(topic));
  const noSettings: ReadonlyMap<string, Setting> = new Map();
  const noGroups: readonly GroupListing[] = [];
  const counted = [...cluster.topics.values()].filter(({ name }) => scope.recordsOf?.get(cluster.name)?.has(name));
  const listing = scope.groupsOf.has(cluster.name) ? reader.listGroups() : Promise.resolve(noGroups);
  const [settings, newTopicSettings, groups, progress, quotas, acls, recordsMax] = await Promise.all([
    wanted.length === 0 ? new Map<string, typeof noSettings>() : reader.describeTopicSettings(wanted),
    scope.newTopicsOn.has(cluster.name) ? reader.newTopicSettings() : noSettings,
    listing,
    readProgress(cluster, reader, listing, scope.progressOf?.get(cluster.name)),
    scope.quotasOf?.has(cluster.name) ? reader.describeQuotas() : undefined,
    scope.aclsOf?.has(cluster.name) ? reader.describeAcls() : undefined,
    counted.length === 0 ? undefined : reader.recordsMaxOf(counted),
  ]);
  const topics = new Map(cluster.topics);
  for (const name of wanted) {
    const topic = topics.get(name);
    const found = settings.get(name);
    if (topic === undefined || found === undefined) topics.delete(name);
    else topics.set(name, { ...topic, settings: found });
  }
  for (const [name, count] of recordsMax ?? []) {
    const topic = topics.get(name);
    if (topic !== undefined) topics.set(name, { ...topic, recordsMax: count });
  }
  return {
    ...cluster,
    topics,
    newTopicSettings,
    groups,
    ...(progress === undefined ? {} : { progress }),
    ...(quotas === undefined ? {} : { quotas }),
    ...(acls === undefined ? {} : { acls }),
  };
}

/** Nothing is asked where no topic is there. */
async function readProgress(
  { topics }: ClusterSnapshot,
  reader: ClusterReader,
  listing: Promise<readonly GroupListing[]>,
  wanted: ProgressWanted | undefined,
): Promise<ProgressSnapshot | undefined> {
  const there = [...(wanted?.topics ?? [])].flatMap((name) => topics.get(name) ?? []);
  if (wanted === undefined || there.length === 0) return undefined;
  return reader.readProgress({ topics: there, groups: wanted.groups(await listing) });
}
