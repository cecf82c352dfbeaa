import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { planOf, readCase } from './plan-case.ts';

const root = join(import.meta.dirname, '../../..');
const schema = JSON.parse(readFileSync(join(root, 'schema/execution-plan.v1.schema.json'), 'utf8'));
const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);
const cases = join(root, 'test/cases/plan');

test('every case makes a document that the schema takes', () => {
  let documents = 0;
  for (const name of readdirSync(cases)) {
    const result = planOf(readCase(join(cases, name)));
    if ('refused' in result) continue;
    documents += 1;
    validate(JSON.parse(JSON.stringify(result.plan)));
    assert.equal(validate.errors, null, name);
  }
  assert.ok(documents > 20, `${documents} documents`);
});

test('the schema is strict about what stands in the lists', () => {
  const result = planOf(readCase(join(cases, 'declared-topic')));
  if ('refused' in result) throw new Error('this case has a plan');
  const [first] = result.plan.changes;
  assert.not(validate({ ...result.plan, changes: [{ ...first, lag: 3 }] }));
  assert.not(validate({ ...result.plan, formatVersion: '2.0' }));
  assert.ok(validate({ ...result.plan, formatVersion: '1.7', addedLater: true }));
});

test.run();
