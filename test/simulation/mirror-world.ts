import { mirrorFlow } from '../../runner/engines/native/mirror-flow.ts';
import type { MirrorEvent, MirrorOptions, MirrorOutcome, MirrorTopic } from '../../runner/engines/native/options.ts';
import type { TransactionalLog } from '../../runner/engines/native/ports.ts';
import { LeaseLost } from '../../runner/state/problems.ts';
import { flowLease } from '../../src/state/keys.ts';
import { createProcess, type FaultRates, noFaults, type SimulatedProcess } from './client.ts';
import { createRandom, type Random } from './random.ts';
import { createSimulatedCluster, type SimulatedCluster } from './simulated-cluster.ts';
import type { SimulatedPartition } from './simulated-partition.ts';
import { createSourceWriter, mixedHabits, type SourceWriter } from './source-writer.ts';
import { createPositionsReader, type PositionNow } from './stored-positions.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

export const positionsTopic = '__kplan.test.positions';
const flow = 'old-to-new';

/** Two clusters, one flow of topic `orders` to `orders-copy`, and all that happens to them, from one seed. */
export interface MirrorWorld {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly source: SimulatedCluster;
  readonly target: SimulatedCluster;
  readonly partitions: number;
  /** Of `orders-copy`: as many as the source has, or by key a number of their own. */
  readonly targetPartitions: number;
  readonly byKey: MirrorTopic['byKey'];
  readonly delivery: MirrorOptions['delivery'];
  readonly writer: SourceWriter;
  readonly events: MirrorEvent[];
  sourceLog(partition: number): SimulatedPartition;
  targetLog(partition: number): SimulatedPartition;
  /** What is committed in the positions topic at this moment. */
  positions(): readonly PositionNow[];
  /** To both topics; by key to the source's. */
  addPartition(): void;
  /** A mirror in a process of its own; the same ledger for all of them, and the newest one holds the flow's lease. */
  start(settings?: MirrorSettings): { readonly process: SimulatedProcess; readonly outcome: Promise<MirrorOutcome> };
  /** A mirror without faults, run to its end. */
  mirror(settings?: MirrorSettings): Promise<MirrorOutcome>;
}

export interface MirrorSettings {
  readonly faults?: FaultRates | (() => FaultRates);
  readonly options?: Partial<MirrorOptions>;
  readonly targetMaxMessageBytes?: number;
}

export interface WorldSettings {
  readonly partitions?: number;
  readonly delivery?: MirrorOptions['delivery'];
  readonly byKey?: MirrorTopic['byKey'];
  readonly habits?: typeof mixedHabits;
  readonly sourceBrokers?: number;
}

const startMs = 1_790_000_000_000;

export function createMirrorWorld(
  seed: number,
  { partitions = 2, delivery = 'transactional', byKey, habits = mixedHabits, sourceBrokers }: WorldSettings = {},
): MirrorWorld {
  const random = createRandom(seed);
  const clock = createVirtualClock(startMs);
  const nowMs = () => clock.nowMs();
  const source = createSimulatedCluster('old', nowMs, 7_000n, sourceBrokers);
  const target = createSimulatedCluster('new', nowMs, 100n);
  source.createTopic('orders', partitions);
  target.createTopic('orders-copy', byKey?.partitions ?? partitions);
  target.createTopic(positionsTopic, 1);
  const producerIds: bigint[] = [];
  const events: MirrorEvent[] = [];
  let processes = 0;
  let partitionsNow = partitions;
  const world: MirrorWorld = {
    clock,
    random,
    source,
    target,
    get partitions() {
      return partitionsNow;
    },
    get targetPartitions() {
      return byKey?.partitions ?? partitionsNow;
    },
    byKey,
    delivery,
    writer: createSourceWriter(random, nowMs, habits),
    events,
    sourceLog: (partition) => source.partition({ topic: 'orders', partition }),
    targetLog: (partition) => target.partition({ topic: 'orders-copy', partition }),
    positions: createPositionsReader(() => target.partition({ topic: positionsTopic, partition: 0 })),
    addPartition() {
      source.addPartition('orders');
      if (byKey === undefined) target.addPartition('orders-copy');
      partitionsNow += 1;
    },
    start(settings = {}) {
      const process = createProcess(clock, random);
      const faults = settings.faults ?? noFaults;
      processes += 1;
      const number = processes;
      const assertOurs = async () => {
        if (number === processes) return;
        throw new LeaseLost(target.name, flowLease(flow), new Error('A newer process has it.'));
      };
      const outcome = mirrorFlow({
        flow,
        migration: 'test',
        topics: [
          {
            source: 'orders',
            target: 'orders-copy',
            partitions: partitionsNow,
            targetMaxMessageBytes: settings.targetMaxMessageBytes ?? 1_048_588,
            ...(byKey === undefined ? {} : { byKey }),
          },
        ],
        source: process.connect(source, faults),
        target: underLease(process.connect(target, faults), assertOurs),
        positionsTopic,
        start: 'earliest',
        delivery,
        tuning: { commitIntervalMs: 100, fetchMaxBytes: 20_000, memoryMaxMb: 1 },
        ledger: {
          known: () => [...producerIds],
          async add(id) {
            await process.clock.sleep(1);
            producerIds.push(id);
          },
        },
        assertOurs,
        clock: process.clock,
        signal: new AbortController().signal,
        report: (event) => void events.push(event),
        until: 'caught-up',
        ...settings.options,
      });
      outcome.catch(() => {});
      return { process, outcome };
    },
    mirror: (settings) => clock.run(world.start(settings).outcome),
  };
  return world;
}

/** As `logUnderLease` of runner/steps: only the holder of the flow's lease takes over its transactional id. */
function underLease(log: TransactionalLog, assertOurs: () => Promise<void>): TransactionalLog {
  return {
    ...log,
    async initProducer(...args) {
      await assertOurs();
      return log.initProducer(...args);
    },
  };
}

/** Writes batches to all partitions of the source at random; gives the number of records. */
export function writeSome(world: MirrorWorld, count: number): number {
  let records = 0;
  for (let i = 0; i < count; i += 1) {
    records += world.writer.write(world.sourceLog(world.random.between(0, world.partitions - 1)));
  }
  return records;
}

export function finishTransactions(world: MirrorWorld): void {
  for (let partition = 0; partition < world.partitions; partition += 1) world.writer.finish(world.sourceLog(partition));
}

/** As `writeSome`, with every transaction ended. */
export function writeFinished(world: MirrorWorld, count: number): void {
  writeSome(world, count);
  finishTransactions(world);
}
