import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { QuotaEntity, QuotaSnapshot } from '../../../src/cluster/snapshot.ts';
import { snapshotFromJson } from '../../../src/cluster/snapshot-json.ts';
import { quotaAddress } from '../../../src/execution-plan/address.ts';
import { staleness } from '../../../src/execution-plan/staleness.ts';
import { entityKey } from '../../../src/resources/quota/live-quota.ts';
import { planned, stateOf } from '../planner/plan-case.ts';
import { afterApply } from '../planner/simulated-apply.ts';

const runs = { numRuns: 200, seed: Number(process.env.KPLAN_TEST_SEED ?? 1) };

const name = fc.constantFrom('a', 'b', '<default>', 'CN=a,OU=b');
const entity: fc.Arbitrary<QuotaEntity> = fc.oneof(
  fc.record({ user: name }),
  fc.record({ clientId: name }),
  fc.record({ user: name, clientId: name }),
  fc.record({ ip: fc.constantFrom('10.0.0.1', '<default>') }),
);

/** Few values, so that sides often agree. */
function limitsOf(of: QuotaEntity): fc.Arbitrary<Record<string, number>> {
  if (of.ip !== undefined) return fc.record({ connection_creation_rate: fc.constantFrom(1, 2) });
  const names = fc.constantFrom('producer_byte_rate', 'consumer_byte_rate', 'controller_mutation_rate');
  return fc.dictionary(names, fc.constantFrom(1, 2_000_000), { minKeys: 1 });
}

const quotas = fc
  .uniqueArray(entity, { selector: entityKey, maxLength: 6 })
  .chain((entities) => fc.tuple(...entities.map((one) => limitsOf(one).map((limits) => ({ entity: one, limits })))));

const migrations = fc.record({ live: quotas, applied: quotas, wanted: quotas, absent: fc.nat(2) });

test('plan, apply, plan again is empty; limits of others stay; nothing is stale before', () => {
  let changed = 0;
  fc.assert(
    fc.property(migrations, ({ live, applied, wanted, absent }) => {
      const text = JSON.stringify({
        version: 1,
        name: 'test',
        clusters: { msk: { bootstrap: ['kafka:9092'] } },
        quotas: { msk: wanted.map((one, at) => (at < absent ? { entity: one.entity, state: 'absent' } : one)) },
      });
      const cluster = snapshotFromJson('msk', JSON.stringify({ clusterId: 'msk', brokers: 1, quotas: live }));
      const state = stateOf(Object.fromEntries(applied.map((one) => [quotaAddress('msk', one.entity), one])));
      const world = { snapshots: new Map([['msk', cluster]]), state };
      const plan = planned({ text, ...world });
      changed += plan.changes.length;
      assert.equal(staleness(plan, { ...world, begun: false }), []);
      const after = afterApply(plan, world);
      assert.equal(planned({ text, ...after }).changes, []);
      assert.equal(staleness(plan, { ...after, begun: true }), [], 'done is no stale');
      const gone = new Set(wanted.slice(0, absent).map((one) => entityKey(one.entity)));
      assertOthersStay(live, after.snapshots.get('msk')?.quotas ?? [], { wanted, applied, gone });
    }),
    runs,
  );
  assert.ok(changed > 100, `${changed} changes`);
});

function assertOthersStay(
  before: readonly QuotaSnapshot[],
  after: readonly QuotaSnapshot[],
  {
    wanted,
    applied,
    gone,
  }: { wanted: readonly QuotaSnapshot[]; applied: readonly QuotaSnapshot[]; gone: ReadonlySet<string> },
): void {
  const find = (all: readonly QuotaSnapshot[], key: string) => all.find((one) => entityKey(one.entity) === key)?.limits;
  for (const { entity: of, limits } of before) {
    const key = entityKey(of);
    const now = find(after, key) ?? {};
    if (gone.has(key)) {
      assert.equal(now, {});
      continue;
    }
    const declared = find(wanted, key);
    for (const [limit, value] of Object.entries(limits)) {
      const isOwned = declared !== undefined && (limit in declared || limit in (find(applied, key) ?? {}));
      assert.is(now[limit], isOwned ? declared?.[limit] : value);
    }
  }
}

test('many quotas are compared in one pass', () => {
  const all = Array.from({ length: 10_000 }, (_, at) => ({
    entity: { user: `u${at}` },
    limits: { producer_byte_rate: 1 + at },
  }));
  const cluster = snapshotFromJson('msk', JSON.stringify({ clusterId: 'msk', brokers: 1, quotas: all }));
  const text = JSON.stringify({
    version: 1,
    name: 'test',
    clusters: { msk: { bootstrap: ['kafka:9092'] } },
    quotas: { msk: all.slice(0, 4_000) },
  });
  const started = performance.now();
  assert.equal(planned({ text, snapshots: new Map([['msk', cluster]]) }).changes, []);
  const took = performance.now() - started;
  assert.ok(took < 15_000, `${took} ms`);
});

test.run();
