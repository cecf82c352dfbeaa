import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { awaitVisible } from '../../../runner/groups/await-visible.ts';
import { brokerFault } from '../../../runner/kafka/broker-fault.ts';
import { ClusterFault } from '../../../runner/kafka/cluster-fault.ts';
import type { GroupReader } from '../../../runner/ports.ts';
import { countingClock } from '../verify/partition-log.ts';

const write = { topic: 'orders', partition: 0, offset: 115n, metadata: null };
const written = [{ group: 'billing', writes: [write] }];

/** Shows these offsets one answer after the other, the last one for good; null: none yet, an error: it can not be read. */
function readerShowing(offsets: readonly (bigint | null | ClusterFault)[]): GroupReader & { asked(): number } {
  let asked = 0;
  return {
    describeGroups: async () => new Map(),
    offsetsRetentionMs: async () => null,
    committedOffsets: () => Promise.reject(new Error('one that can not be read would end the round')),
    async committedOfEach(groups) {
      const offset = offsets[Math.min(asked, offsets.length - 1)] ?? null;
      asked += 1;
      const commits = offset === null ? [] : offset instanceof ClusterFault ? offset : [{ ...write, offset }];
      return new Map(groups.map((group) => [group, commits]));
    },
    asked: () => asked,
  };
}

test('it asks until the markers have come', async () => {
  const reader = readerShowing([null, 90n, 115n]);
  assert.is((await awaitVisible(reader, written, countingClock())).size, 0);
  assert.is(reader.asked(), 3);
});

test('a group that can not be read is not visible yet', async () => {
  const pending = brokerFault({ cluster: 'new', request: 'OffsetFetch' }, { errorName: 'UNSTABLE_OFFSET_COMMIT' });
  assert.is((await awaitVisible(readerShowing([pending, 115n]), written, countingClock())).size, 0);
  assert.is((await awaitVisible(readerShowing([pending]), written, countingClock())).size, 1);
});

test('a consumer that went on from there already is fine', async () => {
  assert.is((await awaitVisible(readerShowing([120n]), written, countingClock())).size, 0);
});

test('what stays invisible is told after a limit', async () => {
  const clock = countingClock();
  assert.equal([...(await awaitVisible(readerShowing([null]), written, clock))], ['billing']);
  assert.ok(clock.nowMs() < 60_000);
});

test('nothing written, nothing asked', async () => {
  const reader = readerShowing([null]);
  await awaitVisible(reader, [], countingClock());
  assert.is(reader.asked(), 0);
});

test.run();
