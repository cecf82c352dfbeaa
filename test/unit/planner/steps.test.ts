import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { stepHandlers } from '../../../runner/steps/step-handlers.ts';
import { planOf, readCase } from './plan-case.ts';

const root = join(import.meta.dirname, '../../cases/plan');

/** What has moved stays: nobody takes records and offsets back by a command. */
const withoutUndo: ReadonlySet<string> = new Set(['mirror', 'sync-groups']);

test('in every case folder each step says why, and how to take it back where that can be done', () => {
  const kinds = new Set<string>();
  for (const name of readdirSync(root)) {
    const folder = join(root, name);
    const result = existsSync(join(folder, 'clusters')) ? planOf(readCase(folder)) : { refused: [] };
    for (const { id, kind, reason, undo } of 'plan' in result ? result.plan.steps : []) {
      kinds.add(kind);
      assert.ok(reason.length > 0, `${name}: ${id} says why`);
      if (withoutUndo.has(kind)) assert.is(undo, undefined, `${name}: ${id}`);
      else assert.match(undo ?? '', /\.$/, `${name}: ${id} says how it is undone`);
    }
  }
  assert.equal([...kinds].sort(), Object.keys(stepHandlers).sort(), 'the cases have every kind');
});

test.run();
