import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { flowLease } from '../../src/state/keys.ts';
import { eventually } from '../fixtures/eventually.ts';
import { compareTopic, differencesOf, recordsOf } from '../fixtures/kills/compare-topics.ts';
import { type Leasing, leaseSecondsMin, runKplan, startApply } from '../fixtures/kills/kill-apply.ts';
import { inFlightSince } from '../fixtures/kills/log-ends.ts';
import { createSlowFlow, createSlowSource, type SlowFlow, slowRecords } from '../fixtures/kills/slow-flow.ts';

const flowsMsMax = 90_000;
/** Of the markers, which brokers write after they answered; a transaction that nobody ended is open for longer. */
const markersMsMax = 20_000;

/** An apply of the flow, once records are in flight. */
async function startFlowing(flow: SlowFlow, leasing?: Leasing) {
  const before = await flow.ends.read(flow.targetTopics);
  const running = startApply(flow, leasing);
  await eventually('records are in flight', flowsMsMax, async () => {
    return inFlightSince(before, await flow.ends.read(flow.targetTopics)) > 0n;
  });
  return { running };
}

async function expectWhole(flow: SlowFlow): Promise<void> {
  const { source, target } = flow.clusters;
  const topic = { topic: flow.topic, targetTopic: flow.targetTopic, partitions: 2 };
  const compared = await compareTopic(source.bootstrap, target.bootstrap, topic);
  assert.equal(differencesOf(compared), []);
  assert.is(recordsOf(compared), slowRecords);
}

test('the first interrupt commits and gives the leases back: the next apply goes on at once', async () => {
  const flow = await createSlowFlow(await createSlowSource());
  const { running } = await startFlowing(flow);
  running.kill('SIGINT');
  const { exitCode, all } = await running;
  assert.is(exitCode, 130, all);
  let ends = await flow.ends.read(flow.targetTopics);
  await eventually('nothing is in flight', markersMsMax, async () => {
    ends = await flow.ends.read(flow.targetTopics);
    return [...ends.values()].every(({ written, stable }) => stable === written);
  });
  assert.ok(
    [...ends.values()].some(({ written }) => written > 0n),
    'what was in flight is committed',
  );
  const next = await startApply(flow, { lockTimeoutSeconds: 0 });
  assert.is(next.exitCode, 0, next.all);
  await expectWhole(flow);
  await flow.close();
});

test('the second interrupt ends it now: the next apply waits for the lease and goes on', async () => {
  const flow = await createSlowFlow(await createSlowSource());
  const { running } = await startFlowing(flow);
  running.kill('SIGINT');
  running.kill('SIGINT');
  assert.is((await running).exitCode, 130);
  const next = await startApply(flow);
  assert.is(next.exitCode, 0, next.all);
  await expectWhole(flow);
  await flow.close();
});

test('a second apply meanwhile is told who is at work and since when, exit code 4', async () => {
  const flow = await createSlowFlow(await createSlowSource());
  const { running } = await startFlowing(flow, { leaseSeconds: 60 });
  running.kill('SIGSTOP');
  const second = await startApply(flow, { lockTimeoutSeconds: 0 });
  running.kill('SIGCONT');
  assert.is(second.exitCode, 4, second.all);
  assert.match(second.all, new RegExp(`locked by .*\\(pid ${running.pid}\\) since 20\\d\\d-`));
  const first = await running;
  assert.is(first.exitCode, 0, first.all);
  await expectWhole(flow);
  await flow.close();
});

test('where the flow’s lease of a dead process is over later than the control lease, apply waits for it', async () => {
  const flow = await createSlowFlow(await createSlowSource());
  const resources = await runKplan(flow.folder, ['apply', flow.planFile, '--auto-approve', '--only', 'resources']);
  assert.is(resources.exitCode, 0, resources.all);
  await flow.holdAsDead(flowLease('old-to-new'), leaseSecondsMin * 2);
  const next = await startApply(flow);
  assert.is(next.exitCode, 0, next.all);
  await expectWhole(flow);
  await flow.close();
});

test.run();
