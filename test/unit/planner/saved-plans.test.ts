import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { diagnostic } from '../../../src/diagnostics/diagnostic.ts';
import { narrowPlan } from '../../../src/execution-plan/narrow-plan.ts';
import { isSavedPlan, readExecutionPlan } from '../../../src/execution-plan/read-execution-plan.ts';
import { renderPlanMarkdown } from '../../../src/render/plan-markdown.ts';
import { renderPlanText } from '../../../src/render/plan-text.ts';
import { planned, readCase } from './plan-case.ts';

const folder = join(import.meta.dirname, '../../cases/plan/values-of-64-bits');
const plan = planned(readCase(folder));
const saved = JSON.stringify(plan, null, 2);

function codesOf(text: string): string[] {
  const read = readExecutionPlan(text, 'today.kplan.json');
  return 'digest' in read ? [] : read.map((one) => one.code);
}

test('a saved plan reads back as it was', () => {
  assert.equal(readExecutionPlan(saved, 'today.kplan.json'), plan);
});

test('the order of keys and the spacing are no edit', () => {
  const reordered = JSON.stringify(Object.fromEntries(Object.entries(plan).reverse()));
  assert.equal(codesOf(reordered), []);
  assert.ok(isSavedPlan(reordered));
});

test('an edit, however small, is refused', () => {
  assert.equal(codesOf(saved.replace('9223372036854775806', '9223372036854775807')), ['KP4103']);
  assert.equal(codesOf(saved.replace('"applyable": true', '"applyable": false')), ['KP4103']);
  assert.equal(codesOf(JSON.stringify({ ...plan, steps: [] })), ['KP4103']);
});

test('another major format is refused, a minor one is taken', () => {
  assert.equal(codesOf(JSON.stringify({ ...plan, formatVersion: '2.0' })), ['KP4102']);
  assert.equal(codesOf(JSON.stringify({ ...plan, formatVersion: '1.9' })), ['KP4103']);
});

test('a part of a plan, or something else, is no plan', () => {
  assert.equal(codesOf(saved.slice(0, -100)), ['KP4101']);
  assert.equal(codesOf(''), ['KP4101']);
  assert.equal(codesOf('[]'), ['KP4101']);
  assert.equal(codesOf('{"formatVersion":"1.0"}'), ['KP4101']);
  assert.ok(isSavedPlan(saved.slice(0, 100)), 'a cut plan is a broken plan, not a plan file');
});

test('a plan file written as JSON is no saved plan', () => {
  assert.not(isSavedPlan('{"version": 1, "name": "a"}'));
  assert.not(isSavedPlan('version: 1\n'));
});

test('a narrowed document is never taken for the saved plan', () => {
  const narrowed = narrowPlan(plan, 'topic/dc');
  assert.equal(narrowed.changes, []);
  assert.equal(codesOf(JSON.stringify(narrowed)), ['KP4103']);
  assert.is(narrowPlan(plan, 'topic/msk').changes.length, plan.changes.length);
  assert.equal(narrowPlan(plan, 'topic/ms').changes, []);
});

test('a narrowed plan says how much is not shown, and keeps errors that stand elsewhere', () => {
  const [first] = plan.changes;
  const address = first?.address ?? '';
  const words = `Only ${address} is shown: 1 of ${plan.changes.length} `;
  assert.match(renderPlanText(narrowPlan(plan, address), { color: false, narrowedTo: address }), words);
  assert.match(
    renderPlanMarkdown(narrowPlan(plan, address), { narrowedTo: address }),
    `Only \`${address}\` is shown: 1 of`,
  );
  const nothing = renderPlanText(narrowPlan(plan, 'topic/none'), { color: false, narrowedTo: 'topic/none' });
  assert.match(nothing, 'Nothing at topic/none will be changed.');
  assert.not.match(renderPlanText(plan, { color: false }), 'is shown');

  const error = diagnostic('KP2105', { address: 'topic/msk/elsewhere', summary: 'Too many replicas.' });
  const refused = narrowPlan({ ...plan, diagnostics: [error], applyable: false }, address);
  assert.match(renderPlanText(refused, { color: false, narrowedTo: address }), '1 error, see above');
});

test.run();
