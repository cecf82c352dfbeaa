import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { brokerFault } from '../../../runner/kafka/broker-fault.ts';
import type { ClusterClient, Target } from '../../../runner/kafka/cluster-client.ts';
import { ClusterFault } from '../../../runner/kafka/cluster-fault.ts';
import { listGroups } from '../../../runner/kafka/group-listing.ts';
import { offsetsRetentionMs } from '../../../runner/kafka/offsets-retention.ts';
import { countingClock } from '../verify/partition-log.ts';

const place = { cluster: 'old', request: 'ListGroups', broker: 'b:9092' };

/** Broker 2 was killed: it answers no more, and the cluster names it for so long. */
function clusterOf(namedMs: number) {
  const clock = countingClock();
  const startMs = clock.nowMs();
  const asked: number[] = [];
  const client = {
    settings: { cluster: 'old' },
    world: { clock, random: () => 1 },
    metadata: async () => {
      const isNamed = clock.nowMs() - startMs < namedMs;
      return { brokers: [{ id: 1 }, ...(isNamed ? [{ id: 2 }] : [])], topics: [] };
    },
    async ask(target: Target, request: { name: string }, read: (...answer: unknown[]) => unknown, limits?: object) {
      const id = target.to === 'broker' ? target.id : -1;
      asked.push(id);
      if (id === 2 && limits === undefined) await clock.sleep(60_000);
      if (id === 2) throw brokerFault(place, { errorName: 'NETWORK_EXCEPTION' });
      const group = { groupId: 'billing', groupState: 'Empty', groupType: 'classic', protocolType: 'consumer' };
      const settings = new Map([['offsets.retention.minutes', { value: '60' }]]);
      const isListing = request.name === 'ListGroups';
      return read(isListing ? { errorCode: 0, groups: [group] } : [{ error: null, settings }], place);
    },
  };
  return { client: client as unknown as ClusterClient, asked, passedMs: () => clock.nowMs() - startMs };
}

test('a broker that was killed is asked for its groups as long as the cluster names it, and no longer', async () => {
  const { client, passedMs } = clusterOf(9_000);
  assert.equal(await listGroups(client), [{ group: 'billing', type: 'classic', state: 'Empty' }]);
  assert.ok(passedMs() < 15_000, `${passedMs()} ms`);
});

test('and so for how long commits are kept', async () => {
  const { client, passedMs } = clusterOf(9_000);
  assert.is(await offsetsRetentionMs(client), 3_600_000);
  assert.ok(passedMs() < 15_000, `${passedMs()} ms`);
});

test('one that is named and does not answer is a fault: its groups are not known', async () => {
  const { client, asked, passedMs } = clusterOf(Number.POSITIVE_INFINITY);
  const outcome = await listGroups(client).catch((error: unknown) => error);
  assert.ok(outcome instanceof ClusterFault && outcome.errorName === 'NETWORK_EXCEPTION');
  assert.ok(passedMs() <= 61_000 && asked.length < 200, `${passedMs()} ms, ${asked.length} requests`);
});

test.run();
