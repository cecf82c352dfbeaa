import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { commentsOf, formatPlanFile } from '../../../src/plan-file/format/format.ts';
import { parsePlanFile } from '../../../src/plan-file/parse.ts';

const root = join(import.meta.dirname, '../../..');
const runs = { numRuns: 500, seed: Number(process.env.KPLAN_TEST_SEED ?? 1) };

/** Every plan file that the examples and the cases have, but those that are no plan files. */
const texts = ['plans', 'test/cases']
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((at) => [folder, at]))
  .filter(([, at]) => at?.endsWith('.yaml'))
  .map((path) => readFileSync(join(root, ...path), 'utf8'))
  .filter((text) => text.length < 10_000 && isPlanFile(text));

function isPlanFile(text: string): boolean {
  return parsePlanFile(text, 'plan.yaml').planFile !== undefined;
}

/** What somebody does to a file by hand: comments and blank lines anywhere, a line moved, other indentation. */
const edits = fc.array(
  fc.record({
    at: fc.nat(),
    kind: fc.constantFrom('comment', 'comment', 'tail', 'blank', 'move', 'break'),
    indent: fc.nat(8),
    word: fc.constantFrom('why', 'key: value', '', 'a # b', '- x', '"'),
  }),
  { maxLength: 12 },
);

type Edit = typeof edits extends fc.Arbitrary<readonly (infer One)[]> ? One : never;

function edited(text: string, edit: Edit): string {
  const lines = text.split('\n');
  const at = edit.at % lines.length;
  const line = lines[at] ?? '';
  const comment = `#${edit.indent % 2 === 0 ? ' ' : ''}${edit.word}`;
  if (edit.kind === 'comment') lines.splice(at, 0, `${' '.repeat(edit.indent)}${comment}`);
  if (edit.kind === 'tail') lines[at] = `${line}${' '.repeat(1 + edit.indent)}${comment}`;
  if (edit.kind === 'blank') lines.splice(at, 0, '', '');
  if (edit.kind === 'move') lines.splice((at * 7 + edit.indent) % lines.length, 0, ...lines.splice(at, 1));
  if (edit.kind === 'break') lines[at] = line.replace(', ', `,  ${comment}\n${' '.repeat(edit.indent + 8)}`);
  const changed = lines.join('\n');
  return isPlanFile(changed) ? changed : text;
}

test('formatting keeps meaning and comments, and does nothing the second time', () => {
  let formattedFiles = 0;
  let refusedFiles = 0;
  fc.assert(
    fc.property(fc.constantFrom(...texts), edits, (original, changes) => {
      const text = changes.reduce(edited, original);
      const formatted = formatPlanFile(text, 'plan.yaml');
      if ('diagnostics' in formatted) {
        assert.equal(
          formatted.diagnostics.map((one) => one.code),
          ['KP1304'],
        );
        refusedFiles += 1;
        return;
      }
      formattedFiles += 1;
      const again = formatPlanFile(formatted.text, 'plan.yaml');
      assert.equal(again, formatted);
      assert.equal(parsePlanFile(formatted.text, '').planFile, parsePlanFile(text, '').planFile);
      assert.equal(commentsOf(formatted.text).sort(), commentsOf(text).sort());
    }),
    runs,
  );
  assert.ok(refusedFiles * 100 <= formattedFiles, `${refusedFiles} of ${formattedFiles} could not be formatted`);
});

test('the examples are formatted', () => {
  for (const name of readdirSync(join(root, 'plans'))) {
    const text = readFileSync(join(root, 'plans', name), 'utf8');
    assert.equal(formatPlanFile(text, name), { text }, name);
  }
});

test.run();
