import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { codes } from '../../../src/diagnostics/codes.ts';
import { isSwitchable } from '../../../src/execution-plan/switch-rules.ts';
import { clusterRules, flowRules, topicRules } from '../../../src/rules/registry.ts';
import { planned, readCase } from '../planner/plan-case.ts';

const cases = join(import.meta.dirname, '../../cases/plan');
const folders = readdirSync(cases);
const ruleCodes = Object.keys({ ...topicRules, ...flowRules, ...clusterRules });

function codesOf(folder: string): readonly string[] {
  return planned(readCase(join(cases, folder))).diagnostics.map((one) => one.code);
}

for (const code of [...ruleCodes, 'KP2730']) {
  const folder = `rule-${code.toLowerCase()}`;

  test(`${code} speaks, and its case says where`, () => {
    const found = planned(readCase(join(cases, folder))).diagnostics.filter((one) => one.code === code);
    assert.ok(found.length > 0);
    for (const one of found) assert.ok(one.address ?? one.line, 'neither address nor line');
  });

  test(`${code} stays silent where nothing is wrong`, () => {
    const silent = folders.filter((one) => one.startsWith(`${folder}-silent`));
    assert.ok(silent.length > 0);
    for (const one of silent) assert.not.ok(codesOf(one).includes(code), one);
  });
}

test('every rule can be switched, no error can', () => {
  for (const code of ruleCodes) assert.ok(isSwitchable(code), code);
  for (const [code, { severity }] of Object.entries(codes)) {
    if (severity === 'error') assert.not.ok(isSwitchable(code), code);
  }
});

test.run();
