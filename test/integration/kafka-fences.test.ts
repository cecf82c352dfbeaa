import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ProducerIdentity, TransactionalLog } from '../../runner/engines/native/ports.ts';
import { FencedError } from '../../runner/kafka/cluster-fault.ts';
import { connectCluster } from '../../runner/kafka/open.ts';
import { connectionSettings } from '../../runner/kafka/settings.ts';
import { buildBatch } from '../../runner/records/build.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { createTopic, readAll, uniqueName } from '../fixtures/records.ts';

/** What idempotent delivery builds upon: non-transactional batches under a transactional id's producer id. */

const { source, target } = await sharedClusters();
const transactionTimeoutMs = 60_000;

interface Place {
  readonly log: TransactionalLog;
  readonly topic: string;
  readonly id: string;
  init(current?: ProducerIdentity): Promise<ProducerIdentity>;
  /** Writes `count` records; gives the error, or the base offset. */
  write(producer: ProducerIdentity, baseSequence: number, count?: number, transactional?: boolean): Promise<unknown>;
  /** A transaction that holds nothing but its markers. */
  emptyTransaction(producer: ProducerIdentity): Promise<void>;
  end(): Promise<bigint | undefined>;
}

for (const { name, bootstrap } of [source, target]) {
  const withTopic = (what: string, use: (place: Place) => Promise<void>) =>
    test(`${name}: ${what}`, async () => {
      const cluster = connectCluster(connectionSettings({ cluster: name, bootstrap, addressMap: new Map() }));
      const { log } = cluster;
      const topic = uniqueName('fences');
      const id = uniqueName('tx');
      const at = { topic, partition: 0 };
      await createTopic(bootstrap, topic);
      try {
        await use({
          log,
          topic,
          id,
          init: (current) => log.initProducer(id, transactionTimeoutMs, current),
          async write(producer, baseSequence, count = 1, transactional = false) {
            const value = Buffer.from(`${producer.producerEpoch}/${baseSequence}`);
            const records = Array.from({ length: count }, () => ({ key: null, value, timestamp: BigInt(Date.now()) }));
            const batch = buildBatch({ records, stamp: { ...producer, baseSequence, transactional } });
            const [answer] = await log.produce(1, transactional ? producer : null, [{ ...at, batch }]);
            return answer?.error ?? answer?.baseOffset;
          },
          async emptyTransaction(producer) {
            await log.addPartitions(producer, [at]);
            await log.endTransaction(producer, 'commit');
          },
          end: async () => (await log.offsets([at], 'latest'))[0]?.offset,
        });
      } finally {
        await cluster.close();
      }
    });

  withTopic('outside a transaction its batches are taken, and seen at once by all readers', async (place) => {
    const producer = await place.init();
    assert.is(await place.write(producer, 0, 3), 0n);
    assert.is(await place.write(producer, 3, 2), 3n);
    assert.is(await place.write(producer, 6), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
    for (const isolation of ['read_committed', 'read_uncommitted'] as const) {
      assert.is((await readAll({ bootstrap, topic: place.topic, isolation })).length, 5);
    }
  });

  withTopic('a batch that is sent again under its epoch is answered as before, and not written', async (place) => {
    const producer = await place.init();
    assert.is(await place.write(producer, 0, 3), 0n);
    assert.is(await place.write(producer, 0, 3), 0n);
    assert.is(await place.end(), 3n);
  });

  withTopic('a new epoch alone fences nothing on a partition, its first batch does', async (place) => {
    const first = await place.init();
    assert.is(await place.write(first, 0), 0n);
    const second = await place.init();
    assert.is(second.producerId, first.producerId);
    assert.is(second.producerEpoch, first.producerEpoch + 1);
    assert.is(await place.write(first, 1), 1n);
    assert.is(await place.write(second, 2), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
    assert.is(await place.write(second, 0), 2n);
    assert.is(await place.write(first, 2), 'INVALID_PRODUCER_EPOCH');
  });

  withTopic('an empty transaction fences older epochs, and the next Init waits for its markers', async (place) => {
    let zombie = await place.init();
    assert.is(await place.write(zombie, 0), 0n);
    for (let round = 1n; round <= 20n; round += 1n) {
      const fencing = await place.init();
      assert.is(fencing.producerEpoch, zombie.producerEpoch + 1);
      await place.emptyTransaction(fencing);
      const next = await place.init(fencing);
      assert.is(next.producerEpoch, fencing.producerEpoch + 1);
      assert.is(await place.end(), 2n * round);
      assert.is(await place.write(zombie, 1), 'INVALID_PRODUCER_EPOCH');
      assert.is(await place.write(next, 0), 2n * round);
      zombie = next;
    }
    assert.is((await readAll({ bootstrap, topic: place.topic })).length, 21);
  });

  withTopic('an empty transaction fences a partition that its producer never wrote', async (place) => {
    const zombie = await place.init();
    const fencing = await place.init();
    await place.emptyTransaction(fencing);
    await place.init();
    assert.is(await place.write(zombie, 0), 'INVALID_PRODUCER_EPOCH');
    assert.is(await place.end(), 1n);
  });

  withTopic('an epoch moves on for its own producer alone, and once for a request that is repeated', async (place) => {
    const first = await place.init();
    const second = await place.init(first);
    assert.is(second.producerEpoch, first.producerEpoch + 1);
    assert.equal(await place.init(first), second);
    const other = await place.init();
    assert.is(other.producerEpoch, second.producerEpoch + 1);
    for (const fenced of [first, second]) {
      const error = await place.init(fenced).catch((reason: unknown) => reason);
      assert.instance(error, FencedError);
    }
    assert.is((await place.init(other)).producerEpoch, other.producerEpoch + 1);
  });

  withTopic('what a transactional session left open is aborted before the next Init is answered', async (place) => {
    const dead = await place.init();
    await place.log.addPartitions(dead, [{ topic: place.topic, partition: 0 }]);
    assert.is(await place.write(dead, 0, 2, true), 0n);
    assert.is(await place.write(dead, 2), 'INVALID_TXN_STATE');
    const next = await place.init();
    assert.ok(next.producerEpoch > dead.producerEpoch + 1, `${next.producerEpoch}`);
    assert.is(await place.end(), 3n);
    assert.is(await place.write(next, 0), 3n);
    assert.is(await place.write(dead, 2, 1, true), 'INVALID_PRODUCER_EPOCH');
    assert.equal(
      (await readAll({ bootstrap, topic: place.topic })).map(({ offset }) => offset),
      [3n],
    );
  });
}

test.run();
