import type { History } from '../history.ts';
import { firstBatchAt, lastStable } from '../simulated-partition.ts';
import type { Incident } from './incidents.ts';

/** What brokers of either cluster live through. */
export const brokerIncidents = {
  leaderMoves(history) {
    const { cluster, topic, partition } = somewhere(history);
    const broker = history.world.random.pick(cluster.leaders.brokers);
    history.step(`${topic}-${partition} of ${cluster.name} is led by ${broker}`);
    if (cluster.leaders.isUp(broker)) cluster.moveLeader({ topic, partition }, broker);
  },
  brokerRestarts(history) {
    const { random } = history.world;
    const { cluster } = somewhere(history);
    restart(history, cluster, [random.pick(cluster.leaders.brokers)], random.between(10, 15_000));
  },
  clusterIsAway(history) {
    const { cluster } = somewhere(history);
    restart(history, cluster, cluster.leaders.brokers, history.world.random.between(10, 8_000));
  },
  /** The only replicas of a partition are away. */
  leaderStaysAway({ step, after, world }) {
    const { random, source } = world;
    const at = { topic: 'orders', partition: random.between(0, world.partitions - 1) };
    const awayMs = random.between(1_000, 70_000);
    step(`orders-${at.partition} has no leader for ${awayMs} ms`);
    source.leaders.withhold(at);
    after(awayMs, () => source.leaders.release(at));
  },
  /** A new leader learns only later how far its log is replicated (KIP-207). */
  highWatermarkIsBehind(history) {
    const { random } = history.world;
    const { cluster, topic, partition } = somewhere(history);
    const log = cluster.partition({ topic, partition });
    const up = cluster.leaders.brokers.filter(cluster.leaders.isUp);
    if (up.length === 0) return;
    cluster.moveLeader({ topic, partition }, random.pick(up));
    const batch = log.batches[random.between(firstBatchAt(log, lastStable(log)), log.batches.length)];
    log.hiddenFrom = batch?.base ?? log.end;
    history.step(`${topic}-${partition} of ${cluster.name} is shown up to ${log.hiddenFrom}`);
    history.after(random.between(1, 1_500), () => {
      log.hiddenFrom = null;
    });
  },
  /** The log directory of a leader is offline (KIP-112): until another replica leads, nothing is read or written there. */
  diskFails(history) {
    const { random } = history.world;
    const { cluster, topic, partition } = somewhere(history);
    const log = cluster.partition({ topic, partition });
    log.isOffline = true;
    history.step(`a disk with ${topic}-${partition} of ${cluster.name} is offline`);
    history.after(random.between(1, 5_000), () => {
      log.isOffline = false;
      const up = cluster.leaders.brokers.filter(cluster.leaders.isUp);
      if (up.length > 0) cluster.moveLeader({ topic, partition }, random.pick(up));
    });
  },
  metadataIsStale(history) {
    const { cluster } = somewhere(history);
    if (cluster.fetchesByName && history.truth.before !== null) return;
    history.step(`brokers of ${cluster.name} have stale metadata`);
    cluster.staleMetadata = true;
    history.after(history.world.random.between(1, 3_000), () => {
      cluster.staleMetadata = false;
    });
  },
  fetchSessionsAreForgotten({ step, world }) {
    step('brokers of the source forget what was fetched');
    world.source.fetchSessions.forgetAll();
  },
  networkIsBad(history) {
    history.step('the network is bad');
    history.faults = { ...history.settings.faults, lostRequest: 0.1, lostAnswer: 0.1, lateEffect: 0.1 };
    history.after(history.world.random.between(1, 3_000), () => {
      history.faults = history.settings.faults;
    });
  },
  answersAreThrottled(history) {
    history.step('answers are throttled');
    history.faults = { ...history.settings.faults, slow: 0.5, slowMsMax: 2_000 };
    history.after(history.world.random.between(1, 5_000), () => {
      history.faults = history.settings.faults;
    });
  },
} satisfies Readonly<Record<string, Incident>>;

/** A partition of the flow's topic on one of the clusters. */
function somewhere({ world }: History) {
  const isSource = world.random.chance(0.5);
  const count = isSource ? world.partitions : world.targetPartitions;
  const partition = world.random.between(0, count - 1);
  return isSource
    ? { cluster: world.source, topic: 'orders', partition }
    : { cluster: world.target, topic: 'orders-copy', partition };
}

/** Brokers are gone for that long; what they lead is led by others after an election, if there are others. */
function restart(
  history: History,
  { name, leaders }: History['world']['source'],
  brokers: readonly number[],
  downMs: number,
): void {
  const { random } = history.world;
  history.step(`broker ${brokers.join(', ')} of ${name} is down for ${downMs} ms`);
  for (const broker of brokers) leaders.stop(broker);
  history.after(random.between(1, 3_000), () => leaders.elect(random.pick));
  history.after(downMs, () => {
    for (const broker of brokers) leaders.start(broker);
    leaders.elect(random.pick);
  });
}
