import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Clock } from '../../../runner/engines/native/ports.ts';
import { takeLeaseOfDead } from '../../../runner/run/take-lease.ts';
import { type Acquired, acquireLease, type HeldByUs } from '../../../runner/state/lease.ts';
import { LeaseLost } from '../../../runner/state/problems.ts';
import type { StateLog } from '../../../runner/state/state-log.ts';
import { fakeStateLog, fakeTopic, unreachable } from './fake-state-log.ts';
import { simulatedClock } from './simulated-clock.ts';

const leaseSeconds = 15;
const never = new Promise<void>(() => {});

function take(log: StateLog, clock: Clock, id: string): Promise<Acquired> {
  const holder = { id, who: `${id}@host`, command: 'kplan apply' };
  return acquireLease(log, clock, { migration: 'test', lease: 'control', holder, leaseSeconds });
}

function heldBy(acquired: Acquired): HeldByUs {
  if (acquired.result !== 'held') throw new Error(`locked by ${acquired.by.lease.holder.who}`);
  return acquired.held;
}

test('a second one is told who holds the lease, and gets it after the release', async () => {
  const topic = fakeTopic();
  const clock = simulatedClock();
  const log = fakeStateLog({ topic, clock });
  const first = heldBy(await clock.until(take(log, clock, 'a')));
  await clock.pass(60_000);
  const second = await clock.until(take(log, clock, 'b'));
  assert.is(second.result, 'locked');
  if (second.result !== 'locked') return;
  assert.is(second.by.lease.holder.who, 'a@host');
  assert.ok(second.by.remainingMs > leaseSeconds * 1000 * 0.6, 'it was renewed all the time');
  assert.is(first.signal.aborted, false);
  await clock.until(first.release());
  await clock.until(heldBy(await clock.until(take(log, clock, 'b'))).release());
});

test('a killed holder blocks until its lease is over and no longer', async () => {
  const topic = fakeTopic();
  const clock = simulatedClock();
  let alive = true;
  const dying = fakeStateLog({ topic, clock, before: () => (alive ? Promise.resolve() : never) });
  await clock.until(take(dying, clock, 'a'));
  await clock.pass(8_000);
  alive = false;
  const log = fakeStateLog({ topic, clock });
  const diedAtMs = clock.nowMs();
  let acquired = await clock.until(take(log, clock, 'b'));
  while (acquired.result === 'locked') {
    await clock.pass(500);
    acquired = await clock.until(take(log, clock, 'b'));
  }
  const waitedMs = clock.nowMs() - diedAtMs;
  assert.ok(waitedMs <= leaseSeconds * 1000 + 500, `${waitedMs} ms`);
  assert.ok(waitedMs >= leaseSeconds * 1000 * 0.5, `${waitedMs} ms`);
  await clock.until(acquired.held.release());
});

test('a slow holder loses the lease when it is over, and its late write is refused', async () => {
  const topic = fakeTopic();
  const clock = simulatedClock();
  let stalled: Promise<void> = Promise.resolve();
  const slow = fakeStateLog({ topic, clock, before: () => stalled });
  const first = heldBy(await clock.until(take(slow, clock, 'a')));
  const stall = Promise.withResolvers<void>();
  stalled = stall.promise;
  await clock.pass(leaseSeconds * 1000 + 1);
  assert.instance(first.signal.reason, LeaseLost);
  const log = fakeStateLog({ topic, clock });
  const second = heldBy(await clock.until(take(log, clock, 'b')));
  stall.resolve();
  const written = await clock.until(first.write([{ key: 'applied/x', value: '{}' }]).catch((error: unknown) => error));
  assert.instance(written, LeaseLost);
  assert.ok(!topic.records.some((one) => one.key === 'applied/x'));
  await clock.until(first.release());
  assert.is(second.signal.aborted, false);
  assert.is(
    (await clock.until(take(log, clock, 'c'))).result,
    'locked',
    'the release of a lost lease gives nothing back',
  );
  await clock.until(second.release());
});

test('a state cluster that is away for less than the lease costs nothing', async () => {
  const topic = fakeTopic();
  const clock = simulatedClock();
  let away = false;
  const log = fakeStateLog({ topic, clock, before: () => (away ? Promise.reject(unreachable()) : Promise.resolve()) });
  const held = heldBy(await clock.until(take(log, clock, 'a')));
  await clock.pass(4_000);
  away = true;
  await clock.pass(8_000);
  away = false;
  await clock.pass(60_000);
  assert.is(held.signal.aborted, false);
  await clock.until(held.release());
});

test("a dead process's lease is waited for, a living one's is not", async () => {
  const topic = fakeTopic();
  const clock = simulatedClock();
  let alive = true;
  const other = fakeStateLog({ topic, clock, before: () => (alive ? Promise.resolve() : never) });
  heldBy(await clock.until(take(other, clock, 'a')));
  const log = fakeStateLog({ topic, clock });
  const holder = { id: 'b', who: 'b', command: 'kplan apply' };
  const { signal } = new AbortController();
  const wanted = { migration: 'test', lease: 'control', holder, leaseSeconds, signal } as const;
  const startedAtMs = clock.nowMs();
  const first = await clock.until(takeLeaseOfDead(log, clock, wanted));
  assert.is(first.result, 'locked');
  assert.ok(clock.nowMs() - startedAtMs < (leaseSeconds * 1000) / 2, 'its renewal shows that it lives');
  alive = false;
  const second = await clock.until(takeLeaseOfDead(log, clock, wanted));
  assert.is(second.result, 'held');
  if (second.result === 'held') await clock.until(second.held.release());
});

test('a request that epochs do not fence follows a young lease write', async () => {
  const topic = fakeTopic();
  const clock = simulatedClock();
  const held = heldBy(await clock.until(take(fakeStateLog({ topic, clock }), clock, 'a')));
  for (let count = 0; count < 50; count += 1) {
    await clock.pass(1_700);
    await clock.until(held.assertFresh());
    const newest = topic.records.findLast((one) => one.key === 'lease/control');
    assert.ok(clock.nowMs() - (newest?.appendTimeMs ?? 0) <= (leaseSeconds * 1000) / 3);
  }
  await clock.until(held.release());
});

/** Takes it with holders whose requests take so long, one after the other in turn; exactly one holds it in the end. */
async function oneOfMany(latenciesMs: readonly (readonly number[])[]): Promise<void> {
  const topic = fakeTopic();
  const clock = simulatedClock();
  const taken = latenciesMs.map((delays, index) => {
    let request = 0;
    const before = () => clock.sleep(delays[request++ % delays.length] ?? 0);
    return take(fakeStateLog({ topic, clock, before }), clock, `holder-${index}${index}`);
  });
  const acquired = await clock.until(Promise.all(taken));
  const held = acquired.filter((one) => one.result === 'held');
  await clock.pass(leaseSeconds * 2_000);
  const alive = held.filter((one) => !one.held.signal.aborted);
  assert.is(alive.length, 1, `${held.length} held, ${alive.length} alive`);
  await clock.until(Promise.all(held.map((one) => one.held.release())));
}

test('of many who ask at once, with any latencies, never two hold it and one gets it', async () => {
  const latencies = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 4, maxLength: 12 });
  await fc.assert(fc.asyncProperty(fc.array(latencies, { minLength: 2, maxLength: 4 }), oneOfMany), { numRuns: 60 });
});

test('two who fence each other in step get out of step', () =>
  oneOfMany([
    [0, 0, 112, 243],
    [0, 0, 0, 376],
  ]));

test.run();
