import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { brokerFault } from '../../../runner/kafka/broker-fault.ts';
import { ClusterFault, clusterFault, FencedError } from '../../../runner/kafka/cluster-fault.ts';
import { paces, retryLimits, withRetry } from '../../../runner/kafka/retry.ts';

const place = { cluster: 'msk', request: 'EndTxn' };

/** Time that passes only by sleeping, and a random number that is always the same. */
function fakeWorld(random: number) {
  let nowMs = 0;
  const sleeps: number[] = [];
  const clock = {
    nowMs: () => nowMs,
    sleep: async (durationMs: number) => {
      sleeps.push(durationMs);
      nowMs += durationMs;
    },
  };
  return { world: { clock, random: () => random }, sleeps, elapsedMs: () => nowMs };
}

async function failing(errorName: string, limits: { attemptsMax: number; elapsedMaxMs: number }, random = 1) {
  const fake = fakeWorld(random);
  let calls = 0;
  const operation = async () => {
    calls += 1;
    throw brokerFault(place, { errorName });
  };
  const fault = await withRetry(limits, fake.world, operation).catch((error: unknown) => error);
  if (!(fault instanceof ClusterFault)) throw new Error('no fault');
  return { fault, calls, ...fake };
}

test('it waits as long as the fault asks for, and gives up where that is longer than the limits', async () => {
  for (const [retryAfterMs, sleepsMs] of [
    [7_000, [7_000]],
    [61_000, []],
  ] as const) {
    const { world, sleeps } = fakeWorld(1);
    let calls = 0;
    const operation = async () => {
      calls += 1;
      if (calls > 1) return;
      const what = { code: 'KP3015', errorName: 'SASL_AUTHENTICATION_FAILED', summary: 'busy' } as const;
      throw clusterFault({ ...place, ...what, retry: 'later', retryAfterMs });
    };
    await withRetry(retryLimits.request, world, operation).catch(() => {});
    assert.equal(sleeps, sleepsMs);
  }
});

test('what is not retriable is tried once', async () => {
  const { calls, sleeps, fault } = await failing('INVALID_CONFIG', retryLimits.request);
  assert.is(calls, 1);
  assert.equal(sleeps, []);
  assert.not.match(fault.diagnostic.detail ?? '', 'Tried');
});

test('back-off doubles up to the limit of its pace, and ends after the tries allowed', async () => {
  const { calls, sleeps, fault } = await failing('CONCURRENT_TRANSACTIONS', { attemptsMax: 8, elapsedMaxMs: 60_000 });
  assert.is(calls, 8);
  assert.equal(sleeps, [3, 6, 12, 24, 48, 50, 50]);
  assert.match(fault.diagnostic.detail ?? '', 'Tried 8 times in 0.2 s.');
  assert.is(fault.retriable, true);
});

test('the time allowed ends it too, and is never overslept', async () => {
  for (const limits of Object.values(retryLimits)) {
    const { elapsedMs, calls } = await failing('NOT_COORDINATOR', limits);
    assert.ok(elapsedMs() <= limits.elapsedMaxMs);
    assert.ok(calls <= limits.attemptsMax);
  }
});

test('jitter shortens a wait by no more than half', async () => {
  const { sleeps } = await failing('NOT_COORDINATOR', { attemptsMax: 3, elapsedMaxMs: 60_000 }, 0);
  assert.equal(sleeps, [paces.later.minMs / 2, paces.later.minMs]);
});

test('an answer ends the retries', async () => {
  const { world } = fakeWorld(1);
  let calls = 0;
  const answer = await withRetry(retryLimits.request, world, async () => {
    calls += 1;
    if (calls < 4) throw brokerFault(place, { errorName: 'COORDINATOR_LOAD_IN_PROGRESS' });
    return calls;
  });
  assert.is(answer, 4);
});

test('fencing is thrown as what it is, at once', async () => {
  const { fault, calls } = await failing('PRODUCER_FENCED', retryLimits.transaction);
  assert.ok(fault instanceof FencedError);
  assert.is(calls, 1);
});

test('an abort ends the retries with the fault met last', async () => {
  const { world, sleeps } = fakeWorld(1);
  const signal = AbortSignal.abort();
  const fault = await withRetry(retryLimits.request, { ...world, signal }, async () => {
    throw brokerFault(place, { errorName: 'NOT_COORDINATOR' });
  }).catch((error: unknown) => error);
  assert.ok(fault instanceof ClusterFault);
  assert.equal(sleeps, []);
});

test('an error that is no fault of a cluster is a bug and goes through', async () => {
  const { world } = fakeWorld(1);
  const error = await withRetry(retryLimits.request, world, async () => {
    throw new TypeError('bug');
  }).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof TypeError);
});

test.run();
