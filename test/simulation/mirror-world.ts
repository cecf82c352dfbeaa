import { mirrorFlow } from '../../runner/engines/native/mirror-flow.ts';
import type { MirrorEvent, MirrorOptions, MirrorOutcome } from '../../runner/engines/native/options.ts';
import { createProcess, type FaultRates, noFaults, type SimulatedProcess } from './client.ts';
import { createRandom, type Random } from './random.ts';
import { createSimulatedCluster, type SimulatedCluster } from './simulated-cluster.ts';
import type { SimulatedPartition } from './simulated-partition.ts';
import { createSourceWriter, type SourceWriter } from './source-writer.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

export const positionsTopic = '__kplan.test.positions';

/** Two clusters, one flow of topic `orders` to `orders-copy`, and all that happens to them, from one seed. */
export interface MirrorWorld {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly source: SimulatedCluster;
  readonly target: SimulatedCluster;
  readonly partitions: number;
  readonly writer: SourceWriter;
  readonly events: MirrorEvent[];
  sourceLog(partition: number): SimulatedPartition;
  targetLog(partition: number): SimulatedPartition;
  /** A mirror in a process of its own; the same ledger for all of them. */
  start(settings?: MirrorSettings): { readonly process: SimulatedProcess; readonly outcome: Promise<MirrorOutcome> };
  /** A mirror without faults, run to its end. */
  mirror(settings?: MirrorSettings): Promise<MirrorOutcome>;
}

export interface MirrorSettings {
  readonly faults?: FaultRates;
  readonly options?: Partial<MirrorOptions>;
  readonly targetMaxMessageBytes?: number;
}

const startMs = 1_790_000_000_000;

export function createMirrorWorld(seed: number, partitions = 2): MirrorWorld {
  const random = createRandom(seed);
  const clock = createVirtualClock(startMs);
  const nowMs = () => clock.nowMs();
  const source = createSimulatedCluster('old', nowMs, 7_000n);
  const target = createSimulatedCluster('new', nowMs, 100n);
  source.createTopic('orders', partitions);
  target.createTopic('orders-copy', partitions);
  target.createTopic(positionsTopic, 1);
  const producerIds: bigint[] = [];
  const events: MirrorEvent[] = [];
  const world: MirrorWorld = {
    clock,
    random,
    source,
    target,
    partitions,
    writer: createSourceWriter(random, nowMs),
    events,
    sourceLog: (partition) => source.partition({ topic: 'orders', partition }),
    targetLog: (partition) => target.partition({ topic: 'orders-copy', partition }),
    start(settings = {}) {
      const process = createProcess(clock, random);
      const faults = settings.faults ?? noFaults;
      const outcome = mirrorFlow({
        flow: 'old-to-new',
        migration: 'test',
        topics: [
          {
            source: 'orders',
            target: 'orders-copy',
            partitions: world.partitions,
            targetMaxMessageBytes: settings.targetMaxMessageBytes ?? 1_048_588,
          },
        ],
        source: process.connect(source, faults),
        target: process.connect(target, faults),
        positionsTopic,
        start: 'earliest',
        tuning: { commitIntervalMs: 100, fetchMaxBytes: 20_000, memoryMaxMb: 1 },
        ledger: {
          known: () => [...producerIds],
          async add(id) {
            await process.clock.sleep(1);
            producerIds.push(id);
          },
        },
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

/** Writes batches to all partitions of the source at random. */
export function writeSome(world: MirrorWorld, count: number): void {
  for (let i = 0; i < count; i += 1) {
    world.writer.write(world.sourceLog(world.random.between(0, world.partitions - 1)));
  }
}

export function finishTransactions(world: MirrorWorld): void {
  for (let partition = 0; partition < world.partitions; partition += 1) world.writer.finish(world.sourceLog(partition));
}
