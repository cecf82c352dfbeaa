import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { snapshotFromJson } from '../../../src/cluster/snapshot-json.ts';
import { clusterRules, flowRules, topicRules } from '../../../src/rules/registry.ts';
import { planned } from '../../unit/planner/plan-case.ts';

const seed = Number(process.env.KPLAN_TEST_SEED ?? 1);
const ruleCodes: readonly string[] = Object.keys({ ...topicRules, ...flowRules, ...clusterRules });

/** Settings that rules look at, with values that brokers give and some that they never should. */
const settings = fc.dictionary(
  fc.constantFrom(
    'cleanup.policy',
    'compression.type',
    'delete.retention.ms',
    'message.timestamp.after.max.ms',
    'message.timestamp.type',
    'min.insync.replicas',
    'retention.bytes',
    'retention.ms',
    'unclean.leader.election.enable',
  ),
  fc.constantFrom('-1', '0', '1', '3', '60000', '9223372036854775807', 'true', 'TRUE', 'compact', 'compact,delete', ''),
);
const topics = fc.dictionary(
  fc.constantFrom('orders', 'payments', '_schemas', 'app-changelog', 'a.b'),
  fc.record({ partitions: fc.integer({ min: 1, max: 9 }), replicationFactor: fc.constant(2), settings }),
);
const groups = fc.array(
  fc.record({
    group: fc.constantFrom('billing', 'shipping'),
    type: fc.constantFrom('classic', 'consumer', 'share', ''),
    state: fc.constantFrom('Stable', 'Empty', 'Dead', 'Assigning', ''),
  }),
  { maxLength: 3 },
);
const offset = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String);
const place = { topic: fc.constantFrom('orders', 'gone'), partition: fc.nat(9) };
const progress = fc.record({
  ends: fc.dictionary(fc.constantFrom('orders', 'a.b'), fc.array(fc.option(offset), { maxLength: 9 })),
  commits: fc.dictionary(
    fc.constantFrom('billing', 'shipping', 'other'),
    fc.array(fc.record({ ...place, offset }), { maxLength: 3 }),
  ),
  openTransactions: fc.array(
    fc.record({
      ...place,
      producerId: offset,
      startOffset: offset,
      lastTimestampMs: fc.maxSafeInteger(),
      coordinator: fc.oneof(
        fc.constantFrom('unknown', 'not-asked'),
        fc.record({ transactionalId: fc.string(), startMs: fc.maxSafeInteger(), timeoutMs: fc.nat() }),
      ),
    }),
    { maxLength: 3 },
  ),
  unread: fc.array(fc.record({ what: fc.constantFrom('group offsets', 'open transactions'), error: fc.string() }), {
    maxLength: 2,
  }),
});
const cluster = fc.record(
  {
    kafkaVersion: fc.constantFrom('3.9', '4.1', '4.0-4.1', 'new'),
    topics,
    groups,
    newTopicSettings: settings,
    progress,
  },
  { requiredKeys: ['topics'] },
);
const input = fc.record({ dc: cluster, msk: cluster });

function diagnosticsOf(given: Readonly<Record<string, object>>, rules: Readonly<Record<string, string>>) {
  const flow = { source: 'dc', target: 'msk', topics: { include: ['*'] }, groups: { include: ['*'] } };
  const clusters = { dc: { bootstrap: ['dc:9092'] }, msk: { bootstrap: ['msk:9092'] } };
  const file = { version: 1, name: 'any', clusters, flows: [{ name: 'f', ...flow }], policies: { rules } };
  const snapshots = new Map(
    Object.entries(given).map(([name, one]) => {
      const json = JSON.stringify({ clusterId: name, brokers: 2, ...one });
      return [name, snapshotFromJson(name, json)] as const;
    }),
  );
  return planned({ text: JSON.stringify(file), snapshots }).diagnostics;
}

const all = (level: string) => Object.fromEntries(ruleCodes.map((code) => [code, level]));

test('whatever the clusters look like, rules find or are silent, and never throw', () => {
  const seen = new Set<string>();
  const holds = (given: { dc: object; msk: object }) => {
    for (const one of diagnosticsOf(given, {})) seen.add(one.code);
  };
  fc.assert(fc.property(input, holds), { seed, numRuns: 1_000 });
  assert.ok(ruleCodes.filter((code) => seen.has(code)).length >= 14, [...seen].sort().join(' '));
});

test('a rule that is off says nothing, one that is an error says the same as an error', () => {
  const holds = (given: { dc: object; msk: object }) => {
    const usual = diagnosticsOf(given, {});
    const off = diagnosticsOf(given, all('off'));
    const others = usual.filter((one) => !ruleCodes.includes(one.code));
    assert.equal(off, others);
    const raised = diagnosticsOf(given, all('error'));
    const expected = usual.map((one) => (ruleCodes.includes(one.code) ? { ...one, severity: 'error' } : one));
    assert.equal(raised.map(bare), expected.map(bare));
  };
  fc.assert(fc.property(input, holds), { seed, numRuns: 100 });
});

/** Lines move with the policies that stand in the file. */
function bare({ severity, code, summary }: { severity: string; code: string; summary: string }) {
  return { severity, code, summary };
}

test.run();
