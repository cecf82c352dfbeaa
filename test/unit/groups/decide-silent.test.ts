import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decideSilent, type Silent } from '../../../runner/groups/decide-silent.ts';
import { partitionKey } from '../../../runner/groups/mirrored-partition.ts';
import { brokerFault } from '../../../runner/kafka/broker-fault.ts';
import type { CommittedOffset } from '../../../runner/ports.ts';
import { metadataMark, type OwnCommits } from '../../../src/state/own-commits.ts';

const fault = brokerFault({ cluster: 'dc', request: 'ListOffsets' }, { errorName: 'LEADER_NOT_AVAILABLE' });
const rules = { moment: 'syncing', uncommitted: 'leave', renew: true, hadMembers: false } as const;
/** A topic whose records go by key, from two partitions to three. */
const silent: Silent = {
  partitions: new Map(),
  topics: new Map([['orders', { source: 'orders', target: 'eu.orders', fault }]]),
};

function at(topic: string, partition: number, offset: bigint): CommittedOffset {
  return { topic, partition, offset, metadata: '' };
}

function standing(...all: readonly CommittedOffset[]): ReadonlyMap<string, CommittedOffset> {
  return new Map(all.map((one) => [partitionKey(one), one]));
}

function own(offsets: readonly bigint[]): OwnCommits {
  const commits = offsets.map((offset, partition) => [partition, { offset, mark: metadataMark('') }] as const);
  return new Map([['eu.orders', new Map(commits)]]);
}

test('a group waits in all of a topic whose records go by key, and what is ours there is written again as it stands', () => {
  const there = standing(at('eu.orders', 0, 10n), at('eu.orders', 1, 20n), at('eu.orders', 2, 99n));
  const committed = [at('orders', 0, 5n), at('orders', 1, 6n), at('clicks', 0, 7n)];
  const { waiting, decided } = decideSilent(silent, committed, { standing: there, own: own([10n, 20n, 30n]) }, rules);
  assert.equal(
    waiting.map((one) => [partitionKey(one), one.fault]),
    [
      ['orders:0', fault],
      ['orders:1', fault],
    ],
  );
  assert.equal(
    decided.map(({ target, decision }) => [target.partition, decision.what, decision.write?.offset]),
    [
      [0, 'waits', 10n],
      [1, 'waits', 20n],
      [2, 'waits', undefined],
    ],
  );
  assert.equal(
    decided.map(({ decision }) => decision.own?.offset),
    [10n, 20n, 30n],
    'nothing that may be ours is forgotten',
  );
});

test('what is ours is kept where the commits at the source are gone, and not written again before it is due', () => {
  const here = { standing: standing(at('eu.orders', 0, 10n)), own: own([10n]) };
  const { waiting, decided } = decideSilent(silent, [], here, { ...rules, renew: false });
  assert.equal([waiting, decided.map(({ decision }) => decision.write)], [[], [undefined]]);
  assert.is(decided[0]?.decision.own?.offset, 10n);
});

test('a group that reads none of it has nothing to do with it', () => {
  const none = { standing: standing(), own: new Map() };
  assert.equal(decideSilent(silent, [at('clicks', 0, 7n)], none, rules), { waiting: [], decided: [] });
});

test.run();
