import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { snapshotFromJson } from '../../../src/cluster/snapshot-json.ts';
import { importPlanFile } from '../../../src/import/import-plan-file.ts';
import { topicSettings } from '../../../src/plan-file/topic-settings.generated.ts';
import { planned } from '../../unit/planner/plan-case.ts';

const runs = { numRuns: 150, seed: Number(process.env.KPLAN_TEST_SEED ?? 1) };

const letters = fc.constantFrom(...'abcXYZ019._-');
const topicNames = fc
  .oneof(
    fc.string({ unit: letters, minLength: 1, maxLength: 40 }),
    fc.constantFrom('null', 'true', 'No', '1e3', '0x1F', '.inf', '-', '---', '...', '12:30', '_schemas', '1_000'),
  )
  .filter((name) => /^[A-Za-z0-9._-]+$/u.test(name) && name !== '.' && name !== '..');

/** Values of every kind, also such that no version takes: those are left out, never an error. */
const values = fc.oneof(
  fc.bigInt({ min: -1n, max: 2n ** 63n - 1n }).map(String),
  fc.constantFrom(
    '',
    'null',
    '~',
    'true',
    'compact,delete',
    ' compact',
    '0.50',
    '1e3',
    '- a',
    '#',
    "it's",
    '{a: b}',
    '*:1',
  ),
);

const topics = fc.dictionary(
  topicNames,
  fc.record({
    partitions: fc.integer({ min: 1, max: 5 }),
    replicationFactor: fc.integer({ min: 1, max: 3 }),
    settings: fc.dictionary(fc.constantFrom(...Object.keys(topicSettings), 'vendor.setting'), values, { maxKeys: 5 }),
  }),
  { maxKeys: 8 },
);

const entities = fc.oneof(
  fc.record({ user: fc.string() }),
  fc.record({ user: fc.constantFrom('<default>', '1421', 'a: b'), clientId: fc.string({ unit: 'binary' }) }),
  fc.record({ ip: fc.constantFrom('<default>', '10.0.0.7', '2001:db8::7') }),
);
const limits = fc.dictionary(
  fc.constantFrom('producer_byte_rate', 'request_percentage', 'connection_creation_rate', 'new_rate'),
  fc.oneof(fc.nat(), fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })),
);
const quotas = fc.uniqueArray(fc.record({ entity: entities, limits }), {
  maxLength: 4,
  selector: ({ entity }) => JSON.stringify(entity),
});

const acls = fc.uniqueArray(
  fc.record({
    principal: fc.constantFrom('User:a', 'User:*', 'User:CN=b, O=c', 'User:1: #x', 'nobody'),
    type: fc.constantFrom('topic', 'group', 'cluster', 'transactional-id', 'user', 'code-9'),
    name: fc.constantFrom('orders', '*', '42', 'kafka-cluster', 'null', ''),
    pattern: fc.constantFrom('literal', 'prefixed', 'code-7'),
    operation: fc.constantFrom('all', 'read', 'write', 'describe', 'create-tokens', 'code-99'),
    permission: fc.constantFrom('allow', 'deny'),
    host: fc.constantFrom('*', '10.0.0.7'),
  }),
  { maxLength: 12, selector: (acl) => JSON.stringify(acl) },
);

test('what import writes plans to no changes and is stable', () => {
  fc.assert(
    fc.property(topics, quotas, acls, fc.constantFrom('3.9', '4.1'), (some, limited, entries, kafkaVersion) => {
      const json = { clusterId: 'dc', kafkaVersion, brokers: 3, topics: some, quotas: limited, acls: { entries } };
      const reversed = {
        ...json,
        topics: Object.fromEntries(Object.entries(some).reverse()),
        acls: { entries: entries.toReversed() },
      };
      const texts = [json, reversed].map((one) => {
        const snapshots = new Map([['dc', snapshotFromJson('dc', JSON.stringify(one))]]);
        const clusters = { dc: { bootstrap: ['dc:9092'] } };
        const imported = importPlanFile({ name: 'imported', clusters, snapshots, isWanted: () => true });
        assert.ok('text' in imported);
        const plan = planned({ text: imported.text, snapshots });
        assert.equal(plan.changes, []);
        assert.is(plan.applyable, true);
        return imported.text;
      });
      assert.is(texts[0], texts[1]);
    }),
    runs,
  );
});

test('more than a plan file holds is refused', () => {
  const many = Object.fromEntries(
    Array.from({ length: 9_000 }, (_, index) => [`t${index}`, { partitions: 1, replicationFactor: 1 }]),
  );
  const json = { clusterId: 'dc', brokers: 1, complete: true, topics: many };
  const snapshots = new Map([['dc', snapshotFromJson('dc', JSON.stringify(json))]]);
  const clusters = { dc: { bootstrap: ['dc:9092'] } };
  const request = { name: 'imported', clusters, snapshots };
  const refused = importPlanFile({ ...request, isWanted: () => true });
  assert.ok('diagnostics' in refused);
  assert.is(refused.diagnostics[0]?.code, 'KP1305');
  const narrowed = importPlanFile({ ...request, isWanted: (name) => name.startsWith('t12') });
  assert.ok('text' in narrowed);
  assert.equal(narrowed.counts, { topics: 111, acls: 0, quotas: 0 });
});

test.run();
