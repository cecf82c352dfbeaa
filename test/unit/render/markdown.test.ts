import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Change, ExecutionPlan } from '../../../src/execution-plan/execution-plan.ts';
import {
  codeSpan,
  fencedPart,
  fittedMarkdown,
  hiddenMarker,
  markdownCharactersMax,
} from '../../../src/render/markdown.ts';
import { renderPlanMarkdown } from '../../../src/render/plan-markdown.ts';
import { planned, readCase } from '../planner/plan-case.ts';

const base = planned(readCase(join(import.meta.dirname, '../../cases/plan/declared-topic')));

/** A plan of changes made by hand: what other resources and other clusters might hold. */
function planOf(changes: readonly Change[], parts: Partial<ExecutionPlan> = {}): ExecutionPlan {
  const count = (action: Change['action']) => changes.filter((change) => change.action === action).length;
  const summary = { create: count('create'), update: count('update'), delete: count('delete'), unchanged: 0 };
  return { ...base, changes, summary, drift: [], diagnostics: [], ...parts };
}

function topicChange(action: 'create' | 'delete', name: string, value = '1'): Change {
  const state = { partitions: 1, replicationFactor: 1, config: { 'retention.ms': value } };
  const sides = action === 'create' ? { before: null, after: state } : { before: state, after: null };
  return { address: `topic/msk/${name}`, kind: 'topic', action, ...sides, reason: 'declared absent' };
}

/** Every fence that is opened, with what stands in it; what is left is read as markup. */
function markupOf(markdown: string): string {
  return markdown.replaceAll(/^(`{3,})\w*\n[\s\S]*?^\1$/gm, '').replaceAll(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, '');
}

test('code: nothing in it ends it', () => {
  assert.is(codeSpan('orders'), '`orders`');
  assert.is(codeSpan('a`b``c'), '```a`b``c```');
  assert.is(codeSpan('`'), '`` ` ``');
  assert.is(codeSpan('a\nb\u001b[31m'), '`a\\nb\\u{1b}[31m`');
  const { before, lines, after } = fencedPart('diff', ['x', '````', '</details>']);
  assert.equal([before, after, lines.length], ['`````diff', '`````', 3]);
});

test('a marker can not be closed by a name', () => {
  assert.is(hiddenMarker('kplan', 'dc-to-msk'), '<!-- kplan:dc-to-msk -->');
  assert.not.match(hiddenMarker('kplan', 'a--> <b>'), '> <b');
});

test('names, values and reasons of others are no markup', () => {
  const evil = '</details>\n```\n@everyone <img src=x> | [a](http://b) ` #1';
  const changes = [topicChange('create', evil, evil), topicChange('delete', evil, evil)].map((change) => ({
    ...change,
    reason: evil,
  }));
  const diagnostics: ExecutionPlan['diagnostics'] = [
    { severity: 'warning', code: 'KP2104', summary: evil, detail: evil, address: evil },
  ];
  const plan = planOf(changes, { diagnostics, drift: [{ ...topicChange('delete', evil, evil), reason: evil }] });
  const markup = markupOf(renderPlanMarkdown(plan, { planFile: evil }));
  for (const text of ['@everyone', '<img', '[a]', '|', '#1']) assert.not.match(markup, text);
  assert.is(markup.match(/<details>/g)?.length, 2);
  assert.is(markup.match(/<\/details>/g)?.length, 2);
  assert.not.match(markup, '`');
});

test('deletions stand first, with a warning', () => {
  const text = renderPlanMarkdown(planOf([topicChange('create', 'a'), topicChange('delete', 'b')]));
  assert.match(text, /> \[!WARNING\]\n> 1 resource will be deleted/);
  assert.ok(text.indexOf('### To delete: 1') < text.indexOf('### To create: 1'));
  assert.match(text, /^<!-- kplan:[a-z0-9-]+ -->\n/);
  assert.not.match(renderPlanMarkdown(planOf([topicChange('create', 'a')])), 'WARNING');
});

test('a comment is cut where it would grow too long, says so, and closes what it opened', () => {
  const changes = Array.from({ length: 30 }, (_, index) => topicChange('create', `t${index}`, 'v'.repeat(4000)));
  const text = renderPlanMarkdown(planOf(changes));
  assert.ok(text.length <= markdownCharactersMax, `${text.length}`);
  assert.ok(text.length > markdownCharactersMax - 5000, `${text.length}`);
  assert.match(text, /<\/details>\n\n_Cut here/);
  assert.match(text, /### To create: 30\n[\s\S]*- and 10 more/);
  assert.not.match(renderPlanMarkdown(planOf(changes.slice(0, 10))), 'Cut here');
});

test('a line longer than the room is left out with the block that holds it', () => {
  const text = fittedMarkdown('head', [fencedPart('text', ['x'.repeat(500)])], 200);
  assert.match(text, /^head\n\n_Cut here/);
});

test.run();
