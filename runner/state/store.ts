import type { ClusterReader } from '../../src/cluster/ports.ts';
import type { NewTopic } from '../../src/cluster/requests.ts';
import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { topicAddress } from '../../src/execution-plan/address.ts';
import { positionsTopic, stateTopic } from '../../src/state/keys.ts';
import type { StateSnapshot } from '../../src/state/records.ts';
import { emptyState, foldState } from '../../src/state/state-codec.ts';
import { systemClock } from '../engines/native/clock.ts';
import type { Clock, LogReader } from '../engines/native/ports.ts';
import { brokerFault } from '../kafka/broker-fault.ts';
import { ClusterFault } from '../kafka/cluster-fault.ts';
import type { TopicWriter } from '../ports.ts';
import { refuseProblems } from './problems.ts';
import { leaderOf, readLog } from './read-log.ts';
import type { StateLog } from './state-log.ts';

/**
 * Everything that the state topic of migration `name` says now; never creates it. Throws a ClusterFault, also (KP4004,
 * KP4005) where a record is a newer kplan's or somebody else's.
 */
export async function readState(log: LogReader, name: string, clock: Clock = systemClock): Promise<StateSnapshot> {
  const topic = stateTopic(name);
  const view = await readLog(log, topic, clock);
  if (view === null) return emptyState;
  const { snapshot, problems } = foldState(view.records);
  refuseProblems(log.cluster, topic, problems);
  return snapshot;
}

/** The same through the log of a lease's holder. */
export async function readHeldState(log: StateLog): Promise<StateSnapshot> {
  const { snapshot, problems } = foldState((await log.read()).records);
  refuseProblems(log.cluster, log.topic, problems);
  return snapshot;
}

/** The cluster that a topic of kplan's is made on. */
export interface StorePlace {
  readonly name: string;
  readonly reader: ClusterReader;
  readonly topics: TopicWriter;
  readonly log: LogReader;
}

const replicationFactorWanted = 3;
/** How long a new topic may take until it has a leader. */
const leaderWaitMsMax = 30_000;
const leaderPollMs = 100;

/** Creates the state topic where it is not there, checks it where it is. Returns warnings. */
export function ensureStateTopic(
  place: StorePlace,
  clock: Clock,
  migration: { readonly name: string; readonly replicationFactor?: number | undefined },
): Promise<readonly Diagnostic[]> {
  return ensureTopic(place, clock, stateTopic(migration.name), {
    replicationFactor: migration.replicationFactor,
    config: { 'cleanup.policy': 'compact', 'message.timestamp.type': 'LogAppendTime' },
  });
}

/**
 * The same for the positions of the flows into this cluster: a wrong clock of ours must not make brokers refuse them. The
 * cleaner never looks at a log's newest segment: a small one keeps what every start reads near to what is true now.
 */
export function ensurePositionsTopic(
  place: StorePlace,
  clock: Clock,
  migration: { readonly name: string; readonly replicationFactor?: number | undefined },
): Promise<readonly Diagnostic[]> {
  return ensureTopic(place, clock, positionsTopic(migration.name), {
    replicationFactor: migration.replicationFactor,
    config: { 'cleanup.policy': 'compact', 'message.timestamp.type': 'LogAppendTime' },
    madeWith: {
      'segment.bytes': String(positionsSegmentBytes),
      'min.compaction.lag.ms': String(positionsCompactionLagMs),
    },
  });
}

/** A day of one partition's positions at one transaction a second. */
const positionsSegmentBytes = 67_108_864;
/**
 * Longer than anybody reads: who has passed a position's older record must find the next one, although a newer one was written
 * behind where the reading ends.
 */
const positionsCompactionLagMs = 600_000;

/** Kafka's default, whatever the cluster has: positions are written in batches of up to 900 kB. */
const maxMessageBytes = 1_048_588;

interface Wanted {
  readonly replicationFactor: number | undefined;
  /** Checked where the topic is there already. */
  readonly config: Readonly<Record<string, string>>;
  /** Only set when it is made. */
  readonly madeWith?: Readonly<Record<string, string>>;
}

async function ensureTopic(
  place: StorePlace,
  clock: Clock,
  topic: string,
  wanted: Wanted,
): Promise<readonly Diagnostic[]> {
  if ((await leaderOf(place.log, topic)) !== null) {
    await checkSettings(place, topic, wanted);
    return [];
  }
  const brokers = (await place.reader.describeCluster()).brokers.length;
  const replicationFactor = wanted.replicationFactor ?? Math.min(replicationFactorWanted, brokers);
  const made = {
    ...wanted.madeWith,
    'min.insync.replicas': replicationFactor >= replicationFactorWanted ? '2' : '1',
    'max.message.bytes': String(maxMessageBytes),
  };
  await createTopic(place, { topic, partitions: 1, replicationFactor, config: { ...wanted.config, ...made } });
  await awaitLeader(place, clock, topic);
  if (replicationFactor >= replicationFactorWanted) return [];
  const address = topicAddress(place.name, topic);
  const summary = `${topic} has ${replicationFactor} ${replicationFactor === 1 ? 'replica' : 'replicas'} on cluster ${place.name}.`;
  return [diagnostic('KP4007', { address, summary })];
}

/** Another kplan may have created it at the same moment: that is as good. */
export async function createTopic({ name: cluster, topics }: StorePlace, topic: NewTopic): Promise<void> {
  const [outcome] = await topics.createTopics([topic], { validateOnly: false });
  const errorName = outcome === undefined ? 'UNKNOWN_SERVER_ERROR' : outcome.error;
  if (errorName === null || errorName === 'TOPIC_ALREADY_EXISTS') return;
  const error = { errorName, message: outcome?.message, resource: topic.topic };
  throw brokerFault({ cluster, request: 'CreateTopics' }, error);
}

/** Until the new topic has a leader. */
export async function awaitLeader({ name: cluster, log }: StorePlace, clock: Clock, topic: string): Promise<void> {
  const deadlineMs = clock.nowMs() + leaderWaitMsMax;
  for (;;) {
    if (((await leaderOf(log, topic)) ?? -1) >= 0) return;
    if (clock.nowMs() >= deadlineMs) {
      throw brokerFault({ cluster, request: 'Metadata' }, { errorName: 'LEADER_NOT_AVAILABLE', resource: topic });
    }
    await clock.sleep(leaderPollMs);
  }
}

/** A state topic that deletes old records, or takes the writers' clocks, would be worse than none. */
async function checkSettings({ name: cluster, reader }: StorePlace, topic: string, wanted: Wanted): Promise<void> {
  const settings = (await reader.describeTopicSettings([topic])).get(topic);
  const wrong = Object.entries(wanted.config).filter(([name, value]) => {
    const live = settings?.get(name)?.value;
    return live !== undefined && live !== null && live !== value;
  });
  if (wrong.length === 0) return;
  const list = wrong.map(([name, value]) => `${name}=${value}`).join(' and ');
  throw new ClusterFault({ cluster, request: 'DescribeConfigs', errorName: 'INVALID_CONFIG', retry: 'never' }, [
    diagnostic('KP4006', {
      address: topicAddress(cluster, topic),
      summary: `Topic ${topic} on cluster ${cluster} does not have ${list}, which kplan needs.`,
      fix: `Set ${list} on the topic, or delete it if nothing of kplan is in it.`,
    }),
  ]);
}
