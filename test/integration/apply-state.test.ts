import { randomUUID } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../runner/engines/native/clock.ts';
import { kafkaError } from '../../runner/kafka/error-table.ts';
import { type Cluster, openCluster } from '../../runner/kafka/open.ts';
import { buildBatch } from '../../runner/records/build.ts';
import { kafkaStateLog } from '../../runner/state/kafka-state-log.ts';
import { type Acquired, acquireLease } from '../../runner/state/lease.ts';
import { ensurePositionsTopic, ensureStateTopic, readState } from '../../runner/state/store.ts';
import { leaseTransactionalId, stateTopic } from '../../src/state/keys.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { eventually } from '../fixtures/eventually.ts';
import { uniqueName } from '../fixtures/records.ts';

async function openShared(name: 'source' | 'target'): Promise<Cluster> {
  const { bootstrap } = (await sharedClusters())[name];
  return openCluster(name, { bootstrap, addressMap: {} }, { env: {}, baseDirectory: '.' });
}

function take(cluster: Cluster, migration: string, leaseSeconds = 5): Promise<Acquired> {
  const holder = { id: randomUUID(), who: 'test', command: 'kplan apply' };
  const log = kafkaStateLog(cluster.log, systemClock, migration);
  return acquireLease(log, systemClock, { migration, lease: 'control', holder, leaseSeconds });
}

for (const name of ['source', 'target'] as const) {
  test(`${name}: there is no state before the first apply, then an empty one with a warning of its replicas`, async () => {
    const cluster = await openShared(name);
    const migration = uniqueName('state');
    assert.is((await readState(cluster.log, migration)).exists, false);
    const warnings = await ensureStateTopic(cluster, systemClock, { name: migration });
    assert.equal(
      warnings.map((one) => one.code),
      ['KP4007'],
    );
    assert.equal(await ensureStateTopic(cluster, systemClock, { name: migration }), []);
    await ensurePositionsTopic(cluster, systemClock, { name: migration });
    const state = await readState(cluster.log, migration);
    assert.is(state.exists, true);
    assert.is(state.leases.size, 0);
    await cluster.close();
  });

  test(`${name}: a held lease is told with the broker's clock, and what it wrote is read`, async () => {
    const [mine, other] = [await openShared(name), await openShared(name)];
    const migration = uniqueName('lease');
    await ensureStateTopic(mine, systemClock, { name: migration });
    const first = await take(mine, migration, 60);
    assert.is(first.result, 'held');
    if (first.result !== 'held') return;
    const applied = { v: 1, digest: 'd', at: 'now', state: { partitions: 1, replicationFactor: 1, config: {} } };
    await first.held.write([{ key: 'applied/topic/a/b', value: JSON.stringify(applied) }]);
    const second = await take(other, migration);
    assert.is(second.result, 'locked');
    if (second.result !== 'locked') return;
    assert.ok(second.by.remainingMs > 36_000 && second.by.remainingMs <= 60_000, String(second.by.remainingMs));
    const state = await readState(other.log, migration);
    assert.equal(state.applied.get('topic/a/b'), applied);
    await first.held.release();
    const third = await take(other, migration);
    assert.is(third.result, 'held');
    if (third.result === 'held') await third.held.release();
    await Promise.all([mine.close(), other.close()]);
  });

  test(`${name}: an open transaction of a dead process hides nothing, and its records do not stand`, async () => {
    const cluster = await openShared(name);
    const migration = uniqueName('open');
    await ensureStateTopic(cluster, systemClock, { name: migration });
    const { log } = cluster;
    const topic = stateTopic(migration);
    const dead = await log.initProducer(leaseTransactionalId(migration, 'flow/f'), 60_000);
    await log.addPartitions(dead, [{ topic, partition: 0 }]);
    const record = { key: Buffer.from('applied/topic/a/dead'), value: Buffer.from('{}'), timestamp: 0n };
    const stamp = {
      producerId: dead.producerId,
      producerEpoch: dead.producerEpoch,
      baseSequence: 0,
      transactional: true,
    };
    const batch = buildBatch({ records: [record], stamp });
    await eventually('the record is in the log', 90_000, async () => {
      const leader = (await log.describeTopics([topic])).get(topic)?.leaders[0] ?? -1;
      const [answer] = await log.produce(leader, dead, [{ topic, partition: 0, batch: Buffer.from(batch) }]);
      const error = answer === undefined ? 'LEADER_NOT_AVAILABLE' : answer.error;
      assert.ok(error === null || kafkaError(error).retry !== 'never', String(error));
      return error === null;
    });
    const acquired = await take(cluster, migration);
    assert.is(acquired.result, 'held');
    if (acquired.result !== 'held') return;
    const state = await readState(log, migration);
    assert.is(state.leases.get('control')?.lease.holder.who, 'test', 'it stands behind the open transaction');
    assert.is(state.applied.size, 0);
    await acquired.held.release();
    await cluster.close();
  });
}

test.run();
