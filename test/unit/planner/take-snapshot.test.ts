import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { noAuthorizer } from '../../../src/cluster/acl.ts';
import type { ClusterReader } from '../../../src/cluster/ports.ts';
import type { ClusterSnapshot } from '../../../src/cluster/snapshot.ts';
import { snapshotFromJson, snapshotToJson } from '../../../src/cluster/snapshot-json.ts';
import { takeSnapshot } from '../../../src/cluster/take-snapshot.ts';

const topics = {
  orders: { partitions: 2, settings: { 'retention.ms': '5' } },
  gone: { partitions: 1 },
  other: { partitions: 3 },
};
const live = snapshotFromJson(
  'dc',
  JSON.stringify({
    clusterId: 'id',
    kafkaVersion: '3.9',
    brokers: 2,
    topics,
    groups: [{ group: 'g', type: 'classic', state: 'Empty' }],
  }),
);

/** A reader of one snapshot that notes what it was asked; `gone` vanishes before its settings are read. */
function readerOf(snapshot: ClusterSnapshot, asked: string[]): ClusterReader {
  const { clusterId, brokers } = snapshot;
  return {
    describeCluster: async () => ({ clusterId, brokers }),
    listTopics: async () => [...snapshot.topics.values()].map(({ settings: _none, ...topic }) => topic),
    describeTopicSettings: async (names) => {
      asked.push(...names);
      const found = names.filter((name) => name !== 'gone');
      return new Map(found.map((name) => [name, snapshot.topics.get(name)?.settings ?? new Map()]));
    },
    newTopicSettings: async () => snapshot.newTopicSettings,
    recordsMaxOf: async (counted) => new Map(counted.map((topic) => [topic.name, 7n])),
    listGroups: async () => snapshot.groups,
    readProgress: async () => ({ ends: new Map(), commits: new Map(), openTransactions: [], unread: [] }),
    describeAcls: async () => noAuthorizer,
    describeQuotas: async () => snapshot.quotas ?? [],
    validate: async () => [],
    heldRights: async () => new Map(),
    principal: async () => undefined,
  };
}

test('settings are read only of what the scope wants, once the listing is known', async () => {
  const asked: string[] = [];
  const snapshots = await takeSnapshot({ dc: readerOf(live, asked) }, (listing) => {
    assert.equal([...(listing.get('dc')?.keys() ?? [])], ['orders', 'gone', 'other']);
    const settingsOf = new Map([['dc', new Set(['orders', 'gone', 'never-there'])]]);
    const recordsOf = new Map([['dc', new Set(['orders', 'never-there'])]]);
    return { settingsOf, recordsOf, newTopicsOn: new Set(), groupsOf: new Set(['dc']) };
  });
  const snapshot = snapshots.get('dc');
  assert.equal(asked, ['orders', 'gone']);
  assert.equal(
    [...(snapshot?.topics.keys() ?? [])],
    ['orders', 'other'],
    'a topic that vanished meanwhile is left out',
  );
  assert.is(snapshot?.topics.get('orders')?.settings?.get('retention.ms')?.value, '5');
  assert.is(snapshot?.topics.get('other')?.settings, undefined);
  assert.is(snapshot?.topics.get('orders')?.recordsMax, 7n);
  assert.is(snapshot?.topics.get('other')?.recordsMax, undefined);
  assert.is(snapshot?.newTopicSettings.size, 0);
  assert.equal(snapshot?.groups, live.groups);
});

test('a cluster that fails fails the snapshot', async () => {
  const broken = { ...readerOf(live, []), listTopics: () => Promise.reject(new Error('not reachable')) };
  const scope = { settingsOf: new Map(), newTopicsOn: new Set<string>(), groupsOf: new Set<string>() };
  let message = '';
  await takeSnapshot({ dc: readerOf(live, []), msk: broken }, () => scope).catch((fault: Error) => {
    message = fault.message;
  });
  assert.is(message, 'not reachable');
});

test('a snapshot written as JSON reads back as it was', () => {
  const values = fc.option(fc.string(), { nil: null });
  const setting = fc.record({ value: values, source: fc.constantFrom('topic', 'static', 'default') });
  const settings = fc.dictionary(fc.constantFrom('retention.ms', 'cleanup.policy', 'made.up'), setting);
  fc.assert(
    fc.property(settings, settings, fc.nat(3), (own, inherited, partitions) => {
      const json = { clusterId: 'id', brokers: 2, complete: true, newTopicSettings: inherited };
      const text = JSON.stringify({ ...json, topics: { 'a/b': { partitions, settings: own } } });
      const snapshot = snapshotFromJson('dc', text);
      assert.equal(snapshotFromJson('dc', snapshotToJson(snapshot)), snapshot);
    }),
  );
});

test('a snapshot whose topics share settings and replicas equals one whose topics stand alone', () => {
  const setting = fc.record({
    value: fc.constantFrom('1', '2'),
    source: fc.constantFrom('topic' as const, 'static' as const),
  });
  const settings = fc.dictionary(
    fc.constantFrom('retention.ms', 'segment.ms', 'x'),
    fc.oneof(fc.constantFrom('1', '2'), setting),
  );
  const topic = fc.record({
    partitions: fc.integer({ min: 1, max: 4 }),
    replicationFactor: fc.integer({ min: 1, max: 3 }),
    settings,
  });
  const snapshotWith = (all: object) => {
    return snapshotFromJson('dc', JSON.stringify({ clusterId: 'id', kafkaVersion: '4.1', brokers: 3, topics: all }));
  };
  fc.assert(
    fc.property(fc.array(topic, { minLength: 1, maxLength: 8 }), (all) => {
      const named = Object.fromEntries(all.map((one, index) => [`t-${index}`, one]));
      const { topics: together } = snapshotWith(named);
      for (const [name, one] of Object.entries(named)) {
        assert.equal(together.get(name), snapshotWith({ [name]: one }).topics.get(name));
      }
    }),
  );
  const { topics: two } = snapshotWith({ a: topics.orders, b: topics.orders });
  assert.ok(two.get('a')?.settings === two.get('b')?.settings, 'equal settings are one map');
});

test.run();
