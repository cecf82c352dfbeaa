import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { snapshotFromJson } from '../../../src/cluster/snapshot-json.ts';
import { hasErrors } from '../../../src/diagnostics/diagnostic.ts';
import { assemblePlan } from '../../../src/execution-plan/assemble-plan.ts';
import { notYetSupported } from '../../../src/migration/not-yet.ts';
import { placeIn } from '../../../src/migration/place.ts';
import { validatePlanFile } from '../../../src/plan-file/check.ts';
import { emptyState } from '../../../src/state/state-codec.ts';
import { caseTime } from './plan-case.ts';

const plans = join(import.meta.dirname, '../../../plans');

interface Example {
  /** The topics of each cluster of the plan file, as its patterns expect them. */
  readonly topics: Readonly<Record<string, readonly string[]>>;
  /** What must be planned, among other things. */
  readonly addresses: readonly string[];
}

const examples: Readonly<Record<string, Example>> = {
  'active-active.yaml': {
    topics: { east: ['orders', 'west.orders'], west: ['orders'] },
    addresses: ['topic/west/east.orders', 'flow/east-to-west', 'flow/west-to-east'],
  },
  'aggregation.yaml': {
    topics: { berlin: ['events', 'metrics.cpu'], paris: ['events', 'metrics.cpu'], central: [] },
    addresses: ['topic/central/berlin.events', 'topic/central/paris.events', 'flow/from-paris'],
  },
  'dc-to-msk.yaml': {
    topics: { dc: ['orders', 'orders.tmp', 'payments.v1'], msk: [] },
    addresses: ['topic/msk/orders', 'topic/msk/payments.v1', 'flow/dc-to-msk'],
  },
  'every-key.yaml': {
    topics: {
      dc: ['orders.events', 'orders.audit.eu', 'payments.v1', 'invoices'],
      cloud: ['clicks'],
      legacy: ['ledger'],
      msk: [],
    },
    addresses: ['topic/msk/audit', 'topic/msk/cloud.clicks', 'topic/msk/ledger', 'topic/cloud/invoices.dc'],
  },
};

/** kplan may do everything everywhere. */
const acls = { principal: 'User:kplan', superUsers: ['User:kplan'], everyoneIfNone: 'no' } as const;

for (const file of readdirSync(plans)) {
  test(`${file} is planned, but for what is not yet supported`, () => {
    const example = examples[file];
    assert.ok(example, `give ${file} the topics that it expects`);
    const { planFile, diagnostics: offline, locate } = validatePlanFile(readFileSync(join(plans, file)), file);
    assert.ok(planFile !== undefined && !hasErrors(offline), 'is valid');
    const place = placeIn(file, locate);
    const source = { path: file, sha256: '0'.repeat(64) };
    const parts = { planFile, place, state: emptyState, source, createdAt: caseTime, offline };
    const plan = assemblePlan({ ...parts, snapshots: snapshotsOf(example) });
    const trouble = [...notYetSupported(planFile, place), ...plan.diagnostics]
      .filter((one) => one.severity === 'error' && !one.code.startsWith('KP12'))
      .map((one) => `${one.code} ${one.summary}`);
    assert.equal(trouble, []);
    const unmatched = plan.diagnostics.filter((one) => one.code === 'KP2007').map((one) => one.summary);
    assert.equal(unmatched, []);
    const planned = new Set(plan.changes.map((change) => change.address));
    for (const address of example.addresses) assert.ok(planned.has(address), address);
  });
}

test('every example here is a file', () => {
  assert.equal(Object.keys(examples).sort(), readdirSync(plans).sort());
});

function snapshotsOf({ topics }: Example) {
  return new Map(
    Object.entries(topics).map(([cluster, names]) => {
      const listed = Object.fromEntries(names.map((name) => [name, { partitions: 6, replicationFactor: 3 }]));
      const json = { clusterId: cluster, kafkaVersion: '3.9', brokers: 3, topics: listed, acls, quotas: [] };
      return [cluster, snapshotFromJson(cluster, JSON.stringify(json))];
    }),
  );
}

test.run();
