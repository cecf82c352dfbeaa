import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'uvu';
import { kafkaStateLog } from '../../../runner/state/kafka-state-log.ts';
import { stateTopic, wantedKey } from '../../../src/state/keys.ts';
import { stateRecordVersion, type WantedFlow } from '../../../src/state/records.ts';
import { encodeStateRecord, foldState } from '../../../src/state/state-codec.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import { createRandom } from '../../simulation/random.ts';
import { createSimulatedCluster } from '../../simulation/simulated-cluster.ts';
import { createVirtualClock } from '../../simulation/virtual-clock.ts';

/** Kafka's default of max.message.bytes, which the simulated brokers hold to. */
const maxMessageBytes = 1_048_588;

test('a flow of many thousand topics that is handed over fits into a message, and comes back as it was', async () => {
  const clock = createVirtualClock(1_790_000_000_000);
  const cluster = createSimulatedCluster('msk', () => clock.nowMs(), 100n);
  cluster.createTopic(stateTopic('test'), 1);
  const process = createProcess(clock, createRandom(1));
  const state = kafkaStateLog(process.connect(cluster, noFaults), process.clock, 'test');
  const config = { inherit: 'effective', exclude: [], set: {} };
  const topics = Array.from({ length: 20_000 }, (_, index) => {
    const name = `payments.orders.v1.${index}`;
    return { source: name, target: name, sourcePartitions: 12, partitions: 12, replicationFactor: 3, config };
  });
  const wanted = { v: stateRecordVersion, flow: { name: 'dc-to-msk', topics } } as unknown as WantedFlow;
  const value = encodeStateRecord(wanted);
  ok(value.length > 3 * maxMessageBytes);
  const small = {
    key: wantedKey('other'),
    value: encodeStateRecord({ ...wanted, flow: { ...wanted.flow, topics: [] } }),
  };
  const view = await clock.run(
    (async () => {
      const writer = await state.openWriter('id');
      await writer.write([{ key: wantedKey('dc-to-msk'), value }, small]);
      return state.read();
    })(),
  );
  const { snapshot, problems } = foldState(view.records);
  deepEqual(problems, []);
  deepEqual(snapshot.wanted?.get('dc-to-msk'), wanted);
});

test.run();
