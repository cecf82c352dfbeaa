import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { validatePlanFile } from '../../../src/plan-file/check.ts';
import { planFileSchema } from '../../../src/plan-file/schema.generated.ts';
import { schemaMistakes } from '../../../src/plan-file/schema-mistakes.ts';
import { validateSchema } from '../../../src/plan-file/validate-schema.generated.ts';
import { answerTo } from '../../fixtures/plan-file/answer.ts';
import { largePlan } from '../../fixtures/plan-file/large-plans.ts';

const seed = Number(process.env.KPLAN_TEST_SEED ?? Date.now() % 2 ** 31);
process.stdout.write(`KPLAN_TEST_SEED=${seed}\n`);

/** A property ends at its runs, or at this time on a machine that is busy with other tests. */
const propertyTimeMs = 2500;
const runs = (numRuns: number) => ({ seed, numRuns, interruptAfterTimeLimit: propertyTimeMs });

const plansFolder = join(import.meta.dirname, '..', '..', '..', 'plans');
const plans = await Promise.all((await readdir(plansFolder)).map((name) => readFile(join(plansFolder, name), 'utf8')));
const pieces = [
  '{',
  '}',
  '[',
  ']',
  ': ',
  '- ',
  '\n',
  '  ',
  '*a',
  '&a ',
  '<<: ',
  '"',
  "'",
  '|',
  '>',
  '#',
  '!',
  '%',
  '~',
];
pieces.push('null', '1e999', '.nan', '0x10', '\t', '\u0000', '\u2028', '\ud800', '__proto__: ', '? ', '---\n', '/(/');

const cut = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.nat({ max: 12 }),
  inserted: fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 6, unit: 'grapheme' })),
});

/** One of the plans with some of its text removed and other text put in. */
const mutated = (of: readonly string[]) =>
  fc.tuple(fc.constantFrom(...of), fc.array(cut, { minLength: 1, maxLength: 5 })).map(([plan, cuts]) =>
    cuts.reduce((text, { at, removed, inserted }) => {
      const from = Math.floor(at * text.length);
      return text.slice(0, from) + inserted + text.slice(from + removed);
    }, plan),
  );
const mutatedPlan = mutated(plans);

function assertPlaced(text: string | Uint8Array): void {
  const { diagnostics, planFile } = answerTo(text);
  for (const { line, column, summary } of diagnostics.filter((one) => one.code !== 'KP1016')) {
    assert.ok(line !== undefined && line >= 1 && column !== undefined && column >= 1, summary);
    assert.ok(!summary.includes('undefined') && !summary.includes('[object'), summary);
  }
  if (planFile === undefined) assert.ok(diagnostics.some((one) => one.severity === 'error'));
}

test('a mutated plan file never throws, and every finding has its place', () => {
  fc.assert(fc.property(mutatedPlan, assertPlaced), runs(400));
});

test('a mutated plan file of 1 MiB never throws, and is answered in time', () => {
  fc.assert(fc.property(mutated([largePlan.slice(0, -100)]), assertPlaced), runs(4));
});

test('bytes never throw', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.tuple(mutatedPlan, fc.nat(), fc.nat({ max: 255 })).map(([text, at, byte]) => {
      const encoded = new TextEncoder().encode(text);
      encoded[at % encoded.length] = byte;
      return encoded;
    }),
  );
  fc.assert(fc.property(bytes, assertPlaced), runs(200));
});

test('YAML of random values never throws', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (text) => assertPlaced(text)),
    runs(200),
  );
});

/** A valid plan in which one value is replaced, removed or put beside a key that is not known. */
const changedValue = fc
  .tuple(fc.constantFrom(...plans), fc.nat(), fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant(undefined)))
  .map(([plan, at, replacement]) => {
    const root = structuredClone(validatePlanFile(plan, 'plan.yaml').planFile) as unknown;
    const places = placesOf(root);
    const [holder, key] = places[at % places.length] ?? [];
    if (holder === undefined || key === undefined) return root;
    if (replacement === undefined && !Array.isArray(holder)) delete holder[key];
    else holder[key] = replacement ?? null;
    return root;
  });

function placesOf(value: unknown): [Record<string, unknown>, string][] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.entries(holder).flatMap(([key, item]) => [[holder, key], ...placesOf(item)]);
}

test('the explanation finds a mistake exactly where AJV does not accept', () => {
  fc.assert(
    fc.property(changedValue, (value) => {
      const accepted = validateSchema(value);
      const explained = schemaMistakes(planFileSchema, value);
      assert.is(explained.length === 0, accepted, JSON.stringify(validateSchema.errors ?? explained));
    }),
    runs(1500),
  );
});

test.run();
