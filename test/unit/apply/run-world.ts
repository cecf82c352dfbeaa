import type { TransactionalLog } from '../../../runner/engines/native/ports.ts';
import type { Sending, TopicWriter } from '../../../runner/ports.ts';
import type { RunEvent, RunSummary } from '../../../runner/run/events.ts';
import type { StepHandlers } from '../../../runner/run/run-steps.ts';
import type { RunCluster } from '../../../runner/run/world.ts';
import { applyPlan, type RunOptions } from '../../../runner/run.ts';
import { kafkaStateLog } from '../../../runner/state/kafka-state-log.ts';
import { acquireLease } from '../../../runner/state/lease.ts';
import { readState } from '../../../runner/state/store.ts';
import { stepHandlers } from '../../../runner/steps/step-handlers.ts';
import { noAuthorizer } from '../../../src/cluster/acl.ts';
import type { ClusterReader } from '../../../src/cluster/ports.ts';
import type { Setting, TopicSnapshot } from '../../../src/cluster/snapshot.ts';
import type { ExecutionPlan } from '../../../src/execution-plan/execution-plan.ts';
import type { StateSnapshot } from '../../../src/state/records.ts';
import { createProcess, noFaults, type SimulatedProcess } from '../../simulation/client.ts';
import { createRandom } from '../../simulation/random.ts';
import { createSimulatedCluster, type SimulatedCluster } from '../../simulation/simulated-cluster.ts';
import { createVirtualClock, type VirtualClock } from '../../simulation/virtual-clock.ts';

export interface FakeTopic {
  partitions: number;
  readonly replicationFactor: number;
  readonly config: Record<string, string>;
}

/** One cluster in memory, and everything that processes do to it. */
export interface RunFixture {
  readonly clock: VirtualClock;
  readonly topics: Map<string, FakeTopic>;
  /** Until when brokers do not show a topic that was made. */
  readonly hiddenUntilMs: Map<string, number>;
  /** How long brokers take to show a topic, by its name; absent: they show it at once. */
  showsAfterMs?: (topic: string) => number;
  /** How often each flow was mirrored to its end. */
  readonly mirrored: Map<string, number>;
  /** Effects on the cluster so far: transactions' requests and changes of topics. */
  effects: number;
  /** Writes of the state are answered by nobody. */
  isAway: boolean;
  /** An apply in a process of its own, which dies right after the effect of that number. */
  start(plan: ExecutionPlan, settings?: Partial<RunOptions> & { readonly dieAfter?: number }): StartedRun;
  /** Runs one to its end. */
  run(plan: ExecutionPlan, settings?: Partial<RunOptions>): Promise<RunSummary>;
  state(): Promise<StateSnapshot>;
  /** The cluster for a process of its own. */
  cluster(): RunCluster;
  /** The cluster does not answer for longer than a lease lasts; another process then takes the control lease. */
  loseLease(): Promise<void>;
}

export interface StartedRun {
  readonly process: SimulatedProcess;
  readonly outcome: Promise<RunSummary>;
  readonly events: RunEvent[];
}

const startMs = 1_790_000_000_000;
const clusterId = 'cluster-1';

export function createRunFixture(topics: Readonly<Record<string, FakeTopic>>): RunFixture {
  const random = createRandom(7);
  const clock = createVirtualClock(startMs);
  const simulated = createSimulatedCluster('msk', () => clock.nowMs(), 100n);
  let runs = 0;
  const fixture: RunFixture = {
    clock,
    topics: new Map(Object.entries(structuredClone(topics))),
    hiddenUntilMs: new Map(),
    mirrored: new Map(),
    effects: 0,
    isAway: false,
    start(plan, { dieAfter, ...options } = {}) {
      runs += 1;
      const process = createProcess(clock, random);
      const events: RunEvent[] = [];
      const effect = () => {
        fixture.effects += 1;
        if (fixture.effects === dieAfter) process.kill();
      };
      const cluster = fakeCluster(fixture, simulated, process, effect);
      const outcome = applyPlan(
        plan,
        { clusters: new Map([['msk', cluster]]), clock: process.clock },
        {
          run: `run-${String(runs).padStart(4, '0')}`,
          holder: { id: `process-${runs}`, who: `process ${runs}`, command: 'kplan apply' },
          leaseSeconds: 15,
          lockTimeoutSeconds: 60,
          signal: new AbortController().signal,
          emit: (event) => void events.push(event),
          live: async () => ({
            snapshots: new Map([['msk', snapshot(fixture)]]),
            state: await readState(cluster.log, 'test', process.clock),
          }),
          handlers: handlers(fixture, effect),
          ...options,
        },
      );
      return { process, outcome, events };
    },
    run: (plan, settings) => clock.run(fixture.start(plan, settings).outcome),
    async loseLease() {
      const other = createProcess(clock, random);
      const log = logWithTopics(fixture, other.connect(simulated, noFaults), () => {});
      fixture.isAway = true;
      await clock.sleep(20_000);
      fixture.isAway = false;
      const holder = { id: 'thief', who: 'thief', command: 'kplan apply' };
      const wanted = { migration: 'test', lease: 'control', holder, leaseSeconds: 15 } as const;
      await acquireLease(kafkaStateLog(log, other.clock, 'test'), other.clock, wanted);
    },
    cluster: () => fakeCluster(fixture, simulated, createProcess(clock, random), () => {}),
    state: () => clock.run(readState(createProcess(clock, random).connect(simulated, noFaults), 'test', clock)),
  };
  return fixture;
}

/** Real handlers, but nothing is mirrored: it is only counted. */
function handlers(fixture: RunFixture, effect: () => void): StepHandlers {
  return {
    ...stepHandlers,
    mirror: {
      ...stepHandlers.mirror,
      async apply(work) {
        for (const { subject } of work) {
          fixture.mirrored.set(subject.name, (fixture.mirrored.get(subject.name) ?? 0) + 1);
          effect();
        }
        return new Map(work.map((one) => [one.step.id, { result: 'done' }]));
      },
    },
  };
}

function fakeCluster(
  fixture: RunFixture,
  simulated: SimulatedCluster,
  process: SimulatedProcess,
  effect: () => void,
): RunCluster {
  const alive = async <R>(act: () => R): Promise<R> => {
    await process.clock.sleep(2);
    const value = process.killed ? undefined : act();
    await process.clock.sleep(1);
    return value as R;
  };
  const asked = async <R>(how: Pick<Sending, 'beforeRequest'> | undefined, act: () => Promise<R>): Promise<R> => {
    await how?.beforeRequest?.();
    return await alive(act);
  };
  const writer = topicWriter(fixture, simulated, effect);
  return {
    name: 'msk',
    log: logWithTopics(fixture, process.connect(simulated, noFaults), effect),
    reader: clusterReader(fixture),
    topics: {
      createTopics: (topics, how) => asked(how, () => writer.createTopics(topics, how)),
      createPartitions: (topics, how) => asked(how, () => writer.createPartitions(topics, how)),
      alterTopicSettings: (topics, how) => asked(how, () => writer.alterTopicSettings(topics, how)),
      deleteTopics: (topics, how) => asked(how, () => writer.deleteTopics(topics, how)),
    },
    quotas: { alterQuotas: async () => [] },
    acls: { createAcls: async () => [], deleteAcls: async () => [] },
    groups: {
      describeGroups: async () => new Map(),
      committedOffsets: async () => new Map(),
      committedOfEach: async (groups) => new Map(groups.map((group) => [group, []])),
      offsetsRetentionMs: async () => null,
    },
    groupWriter: { deleteOffsets: async () => {} },
  };
}

/** The state topic is LogAppendTime: its answers tell the broker's clock. Other topics hold no records here. */
function logWithTopics(fixture: RunFixture, log: TransactionalLog, effect: () => void): TransactionalLog {
  async function counted<R>(answer: Promise<R>): Promise<R> {
    // Counted when the request is sent: its effect comes within the latency, also when its process is dead.
    effect();
    return answer;
  }
  return {
    ...log,
    async describeTopics(names) {
      const found = new Map(await log.describeTopics(names));
      for (const topic of names) {
        const fake = fixture.topics.get(topic);
        if (fake !== undefined && !found.has(topic) && isShown(fixture, topic))
          found.set(topic, { topic, leaders: Array(fake.partitions).fill(0) });
      }
      return found;
    },
    async offsets(partitions, at) {
      if (partitions.every((one) => one.topic.startsWith('__kplan'))) return log.offsets(partitions, at);
      return partitions.map((one) => ({ ...one, error: null, offset: 0n }));
    },
    initProducer: (...args) => counted(log.initProducer(...args)),
    endTransaction: (...args) => counted(log.endTransaction(...args)),
    async produce(broker, producer, batches) {
      if (fixture.isAway) return batches.map((one) => ({ ...one, error: 'NETWORK_EXCEPTION', ...nowhere }));
      const answers = await counted(log.produce(broker, producer, batches));
      return answers.map((one) => ({ ...one, logAppendTimeMs: BigInt(fixture.clock.nowMs()) }));
    },
  };
}

const nowhere = { baseOffset: -1n, logAppendTimeMs: -1n };

function topicWriter(fixture: RunFixture, simulated: SimulatedCluster, effect: () => void): TopicWriter {
  const { topics } = fixture;
  return {
    async createTopics(wanted, { validateOnly }) {
      if (!validateOnly) effect();
      return wanted.map(({ topic, ...made }) => {
        if (topics.has(topic)) return { topic, error: 'TOPIC_ALREADY_EXISTS' };
        if (made.partitions > 100) return { topic, error: 'POLICY_VIOLATION', message: 'too many partitions' };
        if (validateOnly) return { topic, error: null };
        topics.set(topic, { ...made, config: { ...made.config } });
        fixture.hiddenUntilMs.set(topic, fixture.clock.nowMs() + (fixture.showsAfterMs?.(topic) ?? 0));
        if (topic.startsWith('__kplan')) simulated.createTopic(topic, made.partitions);
        return { topic, error: null };
      });
    },
    async createPartitions(wanted, { validateOnly }) {
      if (!validateOnly) effect();
      return wanted.map(({ topic, partitions }) => {
        const found = topics.get(topic);
        if (found === undefined) return { topic, error: 'UNKNOWN_TOPIC_OR_PARTITION' };
        if (found.partitions >= partitions) return { topic, error: 'INVALID_PARTITIONS' };
        if (!validateOnly) found.partitions = partitions;
        return { topic, error: null };
      });
    },
    async deleteTopics(wanted) {
      effect();
      return wanted.map(({ topic }) => ({ topic, error: topics.delete(topic) ? null : 'UNKNOWN_TOPIC_OR_PARTITION' }));
    },
    async alterTopicSettings(wanted, { validateOnly }) {
      if (!validateOnly) effect();
      return wanted.map(({ topic, settings }) => {
        const config = topics.get(topic)?.config;
        if (config === undefined) return { topic, error: 'UNKNOWN_TOPIC_OR_PARTITION' };
        for (const [name, value] of validateOnly ? [] : Object.entries(settings)) {
          if (value === null) delete config[name];
          else config[name] = value;
        }
        return { topic, error: null };
      });
    },
  };
}

function clusterReader(fixture: RunFixture): ClusterReader {
  const brokers = [1, 2, 3].map((id) => ({ id, host: 'h', port: 9092 }));
  return {
    describeCluster: async () => ({ clusterId, brokers }),
    listTopics: async () => [...snapshot(fixture).topics.values()],
    describeTopicSettings: async (names) =>
      new Map(names.flatMap((name) => (isShown(fixture, name) ? [[name, settingsOf(fixture, name)]] : []))),
    newTopicSettings: async () => new Map(),
    recordsMaxOf: async () => new Map(),
    listGroups: async () => [],
    readProgress: async () => ({ ends: new Map(), commits: new Map(), openTransactions: [], unread: [] }),
    describeAcls: async () => noAuthorizer,
    describeQuotas: async () => [],
    validate: async () => [],
    heldRights: async () => new Map(),
    principal: async () => undefined,
  };
}

export function isShown({ topics, hiddenUntilMs, clock }: RunFixture, topic: string): boolean {
  return topics.has(topic) && clock.nowMs() >= (hiddenUntilMs.get(topic) ?? 0);
}

function settingsOf({ topics }: RunFixture, topic: string): ReadonlyMap<string, Setting> {
  const config = Object.entries(topics.get(topic)?.config ?? {});
  return new Map(config.map(([name, value]) => [name, { value, source: 'topic' }]));
}

function snapshot(fixture: RunFixture) {
  const topics = [...fixture.topics].map(([name, { partitions, replicationFactor }]): [string, TopicSnapshot] => {
    const replicas = Array.from({ length: replicationFactor }, (_, index) => index);
    const all = Array.from({ length: partitions }, (_, partition) => ({
      partition,
      leader: 0,
      replicas,
      inSyncReplicas: replicas,
    }));
    return [name, { name, internal: false, partitions: all, settings: settingsOf(fixture, name) }];
  });
  return {
    name: 'msk',
    clusterId,
    brokers: [],
    topics: new Map(topics),
    newTopicSettings: new Map(),
    groups: [],
  };
}
