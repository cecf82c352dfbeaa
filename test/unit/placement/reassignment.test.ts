import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { snapshotFromJson } from '../../../src/cluster/snapshot-json.ts';
import type { ExecutionPlan } from '../../../src/execution-plan/execution-plan.ts';
import { planned } from '../planner/plan-case.ts';

const runs = { numRuns: 100, seed: Number(process.env.KPLAN_TEST_SEED ?? 1) };

const names = ['audit', 'billing', 'orders'] as const;
const factors = fc.tuple(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 4 }),
);
const partitionCounts = fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5));
const racks = fc.tuple(rack(), rack(), rack(), rack());

function rack() {
  return fc.constantFrom('a', 'b', undefined);
}

function planFile(counts: readonly number[], wanted: readonly number[]): string {
  const topics = names.map((name, at) => ({ name, partitions: (counts[at] ?? 0) + 1, replicationFactor: wanted[at] }));
  return JSON.stringify({
    version: 1,
    name: 'test',
    clusters: { msk: { bootstrap: ['msk:9092'] } },
    topics: { msk: topics },
  });
}

/** A cluster of four brokers with these replicas of each topic. */
function cluster(brokerRacks: readonly (string | undefined)[], topics: Readonly<Record<string, unknown>>) {
  const brokers = brokerRacks.map((one, at) => ({ id: at + 1, host: 'b', port: 9092, ...(one ? { rack: one } : {}) }));
  const json = { clusterId: 'msk', kafkaVersion: '4.1', brokers, topics };
  return new Map([['msk', snapshotFromJson('msk', JSON.stringify(json))]]);
}

function placed(replicas: readonly (readonly number[])[]) {
  const partitions = replicas.map((one, partition) => ({
    partition,
    leader: one[0],
    replicas: one,
    inSyncReplicas: one,
  }));
  return { partitions };
}

/** Where the plan puts every topic: moved ones as it says, the others where they are. */
function placements(plan: ExecutionPlan, before: Readonly<Record<string, readonly (readonly number[])[]>>) {
  const moved = plan.changes.flatMap((change) =>
    change.kind === 'topic' ? [[change.address.slice('topic/msk/'.length), change.after?.replicas ?? []] as const] : [],
  );
  const after = { ...before, ...Object.fromEntries(moved) };
  return Object.fromEntries(Object.entries(after).map(([name, replicas]) => [name, placed(replicas)]));
}

test('a plan that was carried out by hand is empty when made again, and every topic has its replicas', () => {
  fc.assert(
    fc.property(racks, partitionCounts, factors, factors, (brokerRacks, counts, there, wanted) => {
      const before = Object.fromEntries(
        names.map((name, at) => {
          const partitions = Array.from({ length: (counts[at] ?? 0) + 1 }, (_, partition) =>
            Array.from({ length: there[at] ?? 1 }, (_none, replica) => ((partition + replica) % 4) + 1),
          );
          return [name, partitions] as const;
        }),
      );
      const live = Object.fromEntries(Object.entries(before).map(([name, replicas]) => [name, placed(replicas)]));
      const text = planFile(counts, wanted);
      const plan = planned({ text, snapshots: cluster(brokerRacks, live) });
      const differing = names.filter((_, at) => there[at] !== wanted[at]);
      assert.equal(
        plan.changes.map((change) => change.address),
        differing.map((name) => `topic/msk/${name}`),
      );
      assert.is(plan.applyable, differing.length === 0);
      const again = planned({ text, snapshots: cluster(brokerRacks, placements(plan, before)) });
      assert.equal([again.changes, again.diagnostics, again.applyable], [[], [], true]);
    }),
    runs,
  );
});

test('the same input gives the same plan', () => {
  const live = { audit: placed([[1], [1]]), billing: placed([[2], [3]]), orders: placed([[4]]) };
  const input = () => ({ text: planFile([1, 1, 0], [3, 2, 2]), snapshots: cluster(['a', 'b', 'a', 'b'], live) });
  assert.equal(planned(input()), planned(input()));
});

test.run();
