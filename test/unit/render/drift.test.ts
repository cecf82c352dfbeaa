import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ExecutionPlan, TopicState } from '../../../src/execution-plan/execution-plan.ts';
import { driftDiagnostics, driftDocument } from '../../../src/render/drift-document.ts';
import { renderDriftMarkdown } from '../../../src/render/drift-markdown.ts';
import { renderDriftText } from '../../../src/render/drift-text.ts';
import { planned, readCase, stateOf } from '../planner/plan-case.ts';

const root = join(import.meta.dirname, '../../..');
const schema = JSON.parse(readFileSync(join(root, 'schema/drift.v1.schema.json'), 'utf8'));
const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);
const drifted = readCase(join(root, 'test/cases/plan/drift'));
const applied = { partitions: 6, replicationFactor: 3, config: { 'retention.ms': '-1' } };

/** What the plan would do about the topic of the case, where the plan file wants this and this was applied. */
function outcome(wanted: string, was: TopicState = applied): string | undefined {
  const text = drifted.text.replace('{ retention.ms: -1 }', wanted);
  const plan = planned({ ...drifted, text, state: stateOf({ 'topic/msk/audit': was }) });
  return driftDocument(plan, true).drift[0]?.apply;
}

test('what apply would do: set back, something else, nothing', () => {
  assert.is(outcome('{ retention.ms: -1 }'), 'sets-back');
  assert.is(outcome('{ retention.ms: 3600000 }'), 'leaves');
  assert.is(outcome('{ retention.ms: 7200000 }'), 'changes-otherwise');
  assert.is(outcome('{}'), 'changes-otherwise');
  assert.is(outcome('{ retention.ms: 3600000 }', { ...applied, config: { 'retention.ms': '3600000' } }), undefined);
});

test('a deleted topic is made again; a plan with errors does nothing', () => {
  const plan = planned(readCase(join(root, 'test/cases/plan/topic-deleted-outside')));
  assert.is(driftDocument(plan, true).drift[0]?.apply, 'makes-again');
  assert.is(driftDocument({ ...plan, applyable: false }, true).drift[0]?.apply, 'refused');
  const [change] = plan.changes;
  assert.ok(change);
  const back = { ...plan, drift: [{ ...change, action: 'create' as const }] };
  const gone: ExecutionPlan = { ...back, changes: [{ ...change, action: 'delete' as const }] };
  assert.is(driftDocument(gone, true).drift[0]?.apply, 'deletes-again');
});

test('the document obeys its schema, and says where nothing was applied yet', () => {
  const plan = planned(drifted);
  for (const document of [driftDocument(plan, true), driftDocument({ ...plan, drift: [] }, false)]) {
    validate(JSON.parse(JSON.stringify(document)));
    assert.equal(validate.errors, null);
  }
  const { diagnostics } = driftDocument({ ...plan, drift: [] }, false);
  assert.equal(
    diagnostics.map((one) => one.code),
    ['KP4204'],
  );
  assert.ok(validate({ formatVersion: '1.0', diagnostics: [] }), 'a failure');
  assert.not(validate({ formatVersion: '1.0', diagnostics: [], drifted: true }));
});

test('as findings: a code for each way, the place, the fields', () => {
  const document = driftDocument(planned(drifted), true);
  const [one] = driftDiagnostics(document, () => ({ file: 'plan.yaml', line: 9, column: 7 }));
  assert.is(one?.code, 'KP4201');
  assert.equal([one?.file, one?.line], ['plan.yaml', 9]);
  assert.is(one?.detail, 'retention.ms: applied "-1", lives "3600000"');
  const [gone] = document.drift.map((each) => ({ ...each, action: 'delete' as const, after: null }));
  assert.ok(gone);
  const [deleted] = driftDiagnostics({ ...document, drift: [gone] }, () => ({}));
  assert.is(deleted?.code, 'KP4202');
});

test('no drift is not claimed where the plan has errors', () => {
  const plan = { ...planned(drifted), drift: [] };
  const error = { severity: 'error', code: 'KP2001', summary: 'gone' } as const;
  const document = driftDocument({ ...plan, diagnostics: [error], applyable: false }, true);
  for (const text of [renderDriftText(document, { color: false, planFile: 'p' }), renderDriftMarkdown(document)]) {
    assert.match(text, 'No drift was found, but the plan has errors');
    assert.match(text, 'error KP2001');
  }
  assert.match(renderDriftMarkdown(driftDocument(plan, true)), '**No drift.');
});

test.run();
