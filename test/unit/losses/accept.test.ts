import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { snapshotFromJson } from '../../../src/cluster/snapshot-json.ts';
import { accept } from '../../../src/losses/accept.ts';
import { lossKey } from '../../../src/state/keys.ts';
import type { LossRecord } from '../../../src/state/records.ts';
import { planned } from '../planner/plan-case.ts';

const cluster = (name: string) =>
  [name, snapshotFromJson(name, JSON.stringify({ clusterId: name, brokers: 1, topics: {} }))] as const;

const { migration } = planned({
  text: `version: 1
name: m
clusters: { dc: { bootstrap: ["dc:1"] }, msk: { bootstrap: ["msk:1"] } }
flows: [ { name: f, source: dc, target: msk, topics: { include: ["*"] } } ]
`,
  snapshots: new Map([cluster('dc'), cluster('msk')]),
});

function loss(topic: string, partition: number, code = 'KP5001'): [string, LossRecord] {
  const at = { topic, partition };
  return [
    lossKey('f', at),
    { v: 1, flow: 'f', source: at, target: at, code, summary: `${topic} lost`, at: '2026-11-23T08:00:00.000Z' },
  ];
}

const decision = { at: '2026-11-24T08:00:00.000Z', who: 'me' };

test('a topic stands for all its partitions, a flow for all its topics', () => {
  const losses = new Map([loss('a', 0), loss('a', 1), loss('b', 0)]);
  const one = accept([{ address: 'topic/dc/a', reason: 'old' }], { losses }, migration, decision);
  assert.equal([...one.records.keys()], ['loss/f/a/0', 'loss/f/a/1']);
  assert.equal(one.records.get('loss/f/a/0')?.accepted, { reason: 'old', ...decision });
  assert.equal(
    one.diagnostics.map(({ code, summary }) => [code, summary]),
    [['KP4026', "Accepted at topic/dc/a: 2 partitions go on from the source's log start."]],
  );
  assert.is(accept([{ address: 'flow/f', reason: 'all' }], { losses }, migration, decision).records.size, 3);
});

test('a loss that is final is not accepted, though there is a way on from others of its code', () => {
  const [key, known] = loss('a', 0, 'KP5005');
  const found = accept(
    [{ address: 'topic/dc/a', reason: 'x' }],
    { losses: new Map([[key, { ...known, isFinal: true }]]) },
    migration,
    decision,
  );
  assert.is(found.records.size, 0);
  const [told] = found.diagnostics;
  assert.is(told?.code, 'KP4027');
  assert.match(told?.fix ?? '', /^Records were on their way: map the source to another target topic/);
});

test('what is not known, and what no way leads on from, is an error and changes nothing', () => {
  const losses = new Map([loss('a', 0, 'KP5011')]);
  for (const address of ['topic/dc/a', 'topic/msk/a', 'topic/dc/b', 'flow/g']) {
    const found = accept([{ address, reason: 'x' }], { losses }, migration, decision);
    assert.equal([found.records.size, found.diagnostics.map((one) => one.code)], [0, ['KP4027']]);
  }
  assert.equal(
    accept([{ address: 'flow/f', reason: 'x' }], {}, migration, decision).diagnostics[0]?.summary,
    'No loss is known at flow/f.',
  );
});

test.run();
