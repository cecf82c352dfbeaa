import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { TransactionalLog } from '../../../runner/engines/native/ports.ts';
import { acquireLease } from '../../../runner/state/lease.ts';
import { LeaseLost } from '../../../runner/state/problems.ts';
import { logUnderLease } from '../../../runner/steps/flow-lease.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import { createRandom } from '../../simulation/random.ts';
import { createSimulatedCluster } from '../../simulation/simulated-cluster.ts';
import { createVirtualClock } from '../../simulation/virtual-clock.ts';
import { fakeStateLog, fakeTopic } from '../state/fake-state-log.ts';
import { simulatedClock } from '../state/simulated-clock.ts';

const leaseSeconds = 15;
const flowId = 'kplan.test.a';

/** A target log that answers at once. */
function targetLog(): TransactionalLog {
  const clock = createVirtualClock(0);
  const cluster = createSimulatedCluster('new', () => clock.nowMs(), 1n);
  const log = createProcess(clock, createRandom(1)).connect(cluster, noFaults);
  return { ...log, initProducer: async (id) => cluster.log.initProducer(id, 60_000) };
}

test('a process that slept through its lease does not fence the one that took over', async () => {
  const topic = fakeTopic();
  const clock = simulatedClock();
  const target = targetLog();
  let stall = Promise.resolve();
  const take = (id: string, before?: () => Promise<void>) => {
    const holder = { id, who: id, command: 'kplan apply' };
    const wanted = { migration: 'test', lease: 'flow/a', holder, leaseSeconds } as const;
    const log = fakeStateLog({ topic, clock, ...(before === undefined ? {} : { before }) });
    return clock.until(acquireLease(log, clock, wanted));
  };
  const first = await take('a', () => stall);
  if (first.result !== 'held') throw new Error('locked');
  const log = logUnderLease(target, first.held);
  assert.is((await log.initProducer(flowId, 60_000)).producerEpoch, 0);

  const asleep = Promise.withResolvers<void>();
  stall = asleep.promise;
  await clock.pass(leaseSeconds * 1_000 + 1);
  const second = await take('b');
  if (second.result !== 'held') throw new Error('locked');
  assert.is((await logUnderLease(target, second.held).initProducer(flowId, 60_000)).producerEpoch, 1);
  asleep.resolve();
  const woken = await clock.until(log.initProducer(flowId, 60_000).catch((error: unknown) => error));
  assert.instance(woken, LeaseLost);
  assert.is((await target.initProducer(flowId, 60_000)).producerEpoch, 2, 'nobody else has taken it');
  await clock.until(Promise.all([first.held.release(), second.held.release()]));
});

test('a process that was stopped sends nothing when it goes on, though no timer has told it yet', async () => {
  const clock = simulatedClock();
  let stoppedMs = 0;
  const own = { ...clock, nowMs: () => clock.nowMs() + stoppedMs };
  const holder = { id: 'a', who: 'a', command: 'kplan apply' };
  const wanted = { migration: 'test', lease: 'flow/a', holder, leaseSeconds } as const;
  const taken = await clock.until(acquireLease(fakeStateLog({ topic: fakeTopic(), clock }), own, wanted));
  if (taken.result !== 'held') throw new Error('locked');
  let sent = 0;
  const produce = async () => {
    sent += 1;
    return [];
  };
  const commitGroupOffsets = async () => {
    sent += 1;
  };
  const log = logUnderLease({ ...targetLog(), produce, commitGroupOffsets }, taken.held);
  const producer = { transactionalId: flowId, producerId: 1n, producerEpoch: 0 };
  await log.produce(0, null, []);
  await log.commitGroupOffsets(producer, 'billing', []);
  stoppedMs = leaseSeconds * 1_000;
  assert.instance(await log.produce(0, null, []).catch((error: unknown) => error), LeaseLost);
  const committing = log.commitGroupOffsets(producer, 'billing', []);
  assert.instance(await committing.catch((error: unknown) => error), LeaseLost);
  assert.is(sent, 2);
  await clock.until(taken.held.release());
});

test.run();
