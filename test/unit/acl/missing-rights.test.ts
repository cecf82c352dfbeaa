import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Access, type HeldRights, resourceKey } from '../../../src/cluster/rights.ts';
import { missingAccesses } from '../../../src/resources/acl/missing-rights.ts';
import { missingRightsDiagnostics } from '../../../src/resources/acl/missing-rights-words.ts';

const runs = { numRuns: 300, seed: Number(process.env.KPLAN_TEST_SEED ?? 1) };
const definition = { bootstrap: ['kafka-1:9092', 'kafka-2:9092'], addressMap: {} };

const operation = fc.constantFrom('read', 'write', 'describe', 'create', 'alter-configs');
const resource = fc.record({
  type: fc.constantFrom('topic', 'group', 'cluster', 'transactional-id'),
  name: fc.constantFrom('a', 'b', 'kafka-cluster'),
});
const access: fc.Arbitrary<Access> = fc
  .record({ operation, resource })
  .map((one) => ({ operation: one.operation, ...one.resource }));
const held: fc.Arbitrary<HeldRights> = fc
  .array(fc.tuple(resource.map(resourceKey), fc.subarray(['read', 'write', 'describe', 'create'])))
  .map((entries) => new Map(entries));

test('what brokers did not tell of is not missing, what they gave is not, all else is; and each is told once', () => {
  fc.assert(
    fc.property(fc.array(access), held, (needed, told) => {
      const missing = missingAccesses(needed, told);
      for (const one of needed) {
        const given = told.get(resourceKey(one));
        const isCreation = one.type === 'topic' && one.operation === 'create';
        if (given === undefined || given.includes(one.operation)) assert.not(missing.includes(one));
        else if (!isCreation) assert.ok(missing.includes(one));
      }
      const found = missingRightsDiagnostics({ cluster: 'msk', definition, missing });
      const summaries = found.map((one) => one.summary);
      assert.is(new Set(summaries).size, summaries.length);
      assert.is(found.length > 0, missing.length > 0);
    }),
    runs,
  );
});

test('CREATE on the cluster is enough, and of a topic that may not be described nobody tells whether it may be made', () => {
  const create: Access = { operation: 'create', type: 'topic', name: 'orders' };
  const missing = (cluster: readonly string[], topic: readonly string[]) =>
    missingAccesses(
      [create],
      new Map([
        ['cluster kafka-cluster', cluster],
        ['topic orders', topic],
      ]),
    ).length;
  assert.is(missing(['create'], ['describe']), 0);
  assert.is(missing([], ['describe', 'create']), 0);
  assert.is(missing([], ['describe']), 1);
  assert.is(missing([], []), 0);
});

test('ten thousand topics are one finding, with a command that shows how the rest goes', () => {
  const missing = Array.from({ length: 10_000 }, (_, index) =>
    ['read', 'describe', 'describe-configs'].map((one) => ({ operation: one, type: 'topic', name: `t-${index}` })),
  ).flat();
  const found = missingRightsDiagnostics({ cluster: 'dc', definition, principal: "User:CN=o'neil, O=it", missing });
  assert.is(found.length, 1);
  assert.is(found[0]?.summary, "User:CN=o'neil, O=it lacks DESCRIBE_CONFIGS and READ on 10,000 topics of dc.");
  assert.match(found[0]?.detail ?? '', /^t-0, .*, and 9990 more$/);
  assert.is(
    found[0]?.fix,
    `kafka-acls.sh --bootstrap-server kafka-1:9092 --add --allow-principal 'User:CN=o'\\''neil, O=it' ${[
      '--operation DescribeConfigs --operation Read',
      '--topic t-0 --topic t-1 --topic t-2 --topic t-3 --topic t-4 (and the other 9995)',
    ].join(' ')}`,
  );
});

test.run();
