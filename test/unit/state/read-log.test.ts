import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { TransactionalLog } from '../../../runner/engines/native/ports.ts';
import { ClusterFault } from '../../../runner/kafka/cluster-fault.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { kafkaStateLog } from '../../../runner/state/kafka-state-log.ts';
import { readLog } from '../../../runner/state/read-log.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import { createRandom } from '../../simulation/random.ts';
import { createSimulatedCluster } from '../../simulation/simulated-cluster.ts';
import { appendMarker, appendStored, type SimulatedPartition } from '../../simulation/simulated-partition.ts';
import { createVirtualClock } from '../../simulation/virtual-clock.ts';

const topic = '__kplan.test.state';

function write(log: SimulatedPartition, producerId: bigint | null, key: string): void {
  const stamp =
    producerId === null ? undefined : { producerId, producerEpoch: 0, baseSequence: 0, transactional: true };
  const records = [{ key: Buffer.from(key), value: Buffer.from('v'), timestamp: 1n }];
  appendStored(log, buildBatch({ records, ...(stamp === undefined ? {} : { stamp }) }));
}

function end(log: SimulatedPartition, producerId: bigint, type: 'COMMIT' | 'ABORT'): void {
  appendMarker(log, type, { producerId, producerEpoch: 0 }, 1n);
}

function simulated(fill: (log: SimulatedPartition) => void) {
  const clock = createVirtualClock(1_790_000_000_000);
  const cluster = createSimulatedCluster('msk', () => clock.nowMs(), 100n);
  cluster.createTopic(topic, 1);
  fill(cluster.partition({ topic, partition: 0 }));
  const process = createProcess(clock, createRandom(1));
  return { clock, process, log: process.connect(cluster, noFaults) };
}

async function read(fill: (log: SimulatedPartition) => void) {
  const { clock, process, log } = simulated(fill);
  const view = await clock.run(readLog(log, topic, process.clock));
  return { stand: view?.records.map((one) => one.key), seen: view?.recordsSeen.map((one) => one.key) };
}

test('each record has the fate of its own transaction, also among those of others', async () => {
  const view = await read((log) => {
    write(log, 1n, 'committed');
    write(log, 2n, 'aborted');
    write(log, null, 'plain');
    write(log, 1n, 'committed too');
    end(log, 1n, 'COMMIT');
    write(log, 1n, 'aborted later');
    end(log, 2n, 'ABORT');
    write(log, 3n, 'open');
    end(log, 1n, 'ABORT');
    write(log, 2n, 'committed last');
    end(log, 2n, 'COMMIT');
  });
  assert.equal(view.stand, ['committed', 'plain', 'committed too', 'committed last']);
  assert.equal(view.seen, ['committed', 'plain', 'committed too', 'open', 'committed last']);
});

/** Brokers of which some have not heard of the topic: every other answer, so often in all. */
function hesitant(log: TransactionalLog, times: number): TransactionalLog {
  let asked = 0;
  const isUnknown = () => {
    asked += 1;
    return asked % 2 === 0 && asked <= times * 2;
  };
  return {
    ...log,
    describeTopics: async (topics) => (isUnknown() ? new Map() : log.describeTopics(topics)),
    offsets: async (partitions, at) =>
      isUnknown()
        ? partitions.map((one) => ({ ...one, error: 'UNKNOWN_TOPIC_OR_PARTITION', offset: -1n }))
        : log.offsets(partitions, at),
  };
}

test('a state topic that some brokers have not heard of yet is waited for, and no longer than is reasonable', async () => {
  const { clock, process, log } = simulated((of) => write(of, null, 'plain'));
  const stateLog = kafkaStateLog(hesitant(log, 12), process.clock, 'test');
  await clock.run(stateLog.read());
  const writer = await clock.run(stateLog.openWriter('kplan.test.lease.control'));
  await clock.run(writer.write([{ key: 'written', value: 'v' }]));
  const view = await clock.run(stateLog.read());
  assert.equal(
    view.records.map((one) => one.key),
    ['plain', 'written'],
  );

  const none = kafkaStateLog({ ...log, describeTopics: async () => new Map() }, process.clock, 'test');
  const asks: readonly (() => Promise<unknown>)[] = [none.read, none.brokerTimeMs];
  for (const ask of asks) {
    const fault = await clock.run(ask().catch((error: Error) => error));
    assert.ok(fault instanceof ClusterFault && fault.errorName === 'UNKNOWN_TOPIC_OR_PARTITION', String(fault));
  }
});

test.run();
