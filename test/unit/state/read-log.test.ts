import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildBatch } from '../../../runner/records/build.ts';
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

async function read(fill: (log: SimulatedPartition) => void) {
  const clock = createVirtualClock(1_790_000_000_000);
  const cluster = createSimulatedCluster('msk', () => clock.nowMs(), 100n);
  cluster.createTopic(topic, 1);
  fill(cluster.partition({ topic, partition: 0 }));
  const process = createProcess(clock, createRandom(1));
  const view = await clock.run(readLog(process.connect(cluster, noFaults), topic, process.clock));
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

test.run();
