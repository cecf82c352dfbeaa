import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { validatePlanFile } from '../../../src/plan-file/check.ts';
import { planFileLimits } from '../../../src/plan-file/limits.ts';
import { parsePlanFile } from '../../../src/plan-file/parse.ts';

const head =
  'version: 1\nname: case\nclusters:\n  dc: { bootstrap: ["dc:9092"] }\n  msk: { bootstrap: ["msk:9092"] }\n';

test('setting values are taken as they are written', () => {
  const settings =
    'retention.bytes: 9223372036854775807, retention.ms: -1, preallocate: TRUE, cleanup.policy: "compact", segment.ms: 0010';
  const { planFile, diagnostics } = parsePlanFile(`${head}defaults: { config: { set: { ${settings} } } }\n`, 'p');
  assert.equal(diagnostics, []);
  assert.equal(planFile?.defaults?.config?.set, {
    'retention.bytes': '9223372036854775807',
    'retention.ms': '-1',
    preallocate: 'TRUE',
    'cleanup.policy': 'compact',
    'segment.ms': '0010',
  });
});

test('numbers that are no settings stay numbers', () => {
  const quota = 'quotas: { msk: [{ entity: { user: a }, limits: { consumer_byte_rate: 1024 } }] }\n';
  const [entry] = parsePlanFile(head + quota, 'p').planFile?.quotas?.msk ?? [];
  assert.equal(entry, { entity: { user: 'a' }, limits: { consumer_byte_rate: 1024 } });
});

test('<<: own keys win over merged ones, earlier maps over later ones', () => {
  const labels = 'labels: { <<: [{ a: one, b: one }, { b: two, c: two }], a: own }\n';
  assert.equal(parsePlanFile(head + labels, 'p').planFile?.labels, { a: 'own', b: 'one', c: 'two' });
});

test('an anchor may be given again: an alias means the last one before it', () => {
  const labels = 'labels: { a: &x one, b: *x, c: &x two, d: *x }\n';
  assert.equal(parsePlanFile(head + labels, 'p').planFile?.labels, { a: 'one', b: 'one', c: 'two', d: 'two' });
});

test('places lead through aliases and <<', () => {
  const flows = `flows:
  - &first
    name: one
    source: dc
    target: msk
    topics: { include: ["a"] }
  - <<: *first
    name: two
`;
  const { locate } = parsePlanFile(head + flows, 'p');
  assert.equal(locate(['flows', 1, 'name'], 'value'), { line: 13, column: 11 });
  assert.equal(locate(['flows', 1, 'source'], 'value'), { line: 9, column: 13 });
  assert.equal(locate(['flows', 1, 'topics', 'include', 0], 'value'), { line: 11, column: 25 });
  assert.equal(locate(['flows', 1, 'nowhere'], 'key'), { line: 12, column: 5 });
});

test('__proto__ is a key like another', () => {
  const { planFile, diagnostics } = parsePlanFile(`${head}labels: { __proto__: x, constructor: y }\n`, 'p');
  assert.equal(diagnostics, []);
  assert.equal(Object.keys(planFile?.labels ?? {}), ['__proto__', 'constructor']);
  const [unknown] = parsePlanFile(`${head}__proto__: { version: 1 }\n`, 'p').diagnostics;
  assert.is(unknown?.code, 'KP1010');
});

test('a cluster called constructor is not there unless it is defined', () => {
  const { diagnostics } = validatePlanFile(`${head}state: { cluster: constructor }\n`, 'p');
  assert.equal(
    diagnostics.map((one) => one.code),
    ['KP1101'],
  );
});

test('UTF-16 is told from what is no text at all', () => {
  for (const mark of ['\ufeff', '\ufffe']) {
    const [only] = parsePlanFile(Buffer.from(`${mark}version: 1\n`, 'utf16le'), 'plan.yaml').diagnostics;
    assert.is(only?.code, 'KP1002');
    assert.is(only?.summary, 'The plan file is UTF-16.');
  }
});

test('bytes that are not UTF-8 are refused at their place', () => {
  const bytes = new Uint8Array([...new TextEncoder().encode('version: 1\nname: '), 0xff, 0x0a]);
  const [first] = parsePlanFile(bytes, 'p').diagnostics;
  assert.equal([first?.code, first?.line, first?.column], ['KP1002', 2, 7]);
});

test('a byte order mark is no part of the text', () => {
  const bytes = new TextEncoder().encode(`\uFEFF${head}`);
  assert.equal(parsePlanFile(bytes, 'p').diagnostics, []);
  assert.equal(parsePlanFile(`\uFEFF${head}`, 'p').diagnostics, []);
});

test('Windows line ends keep lines and columns', () => {
  const [first] = parsePlanFile(`${head}nmae: x\n`.replaceAll('\n', '\r\n'), 'p').diagnostics;
  assert.equal([first?.code, first?.line, first?.column], ['KP1010', 6, 1]);
});

test('of many findings the errors are listed first, the rest is counted', () => {
  const count = planFileLimits.diagnosticsMax + 20;
  const entry = (name: string) => `    - { name: ${name}, partitions: 1, replicationFactor: 1 }\n`;
  const clashes = Array.from({ length: count }, (_, at) => entry(`a${at}.b`) + entry(`a${at}_b`)).join('');
  const { diagnostics } = validatePlanFile(`${head}topics:\n  msk:\n${clashes}state: { cluster: mks }\n`, 'p');
  assert.is(diagnostics.length, planFileLimits.diagnosticsMax + 1);
  assert.is(diagnostics.filter((one) => one.severity === 'error').length, 1);
  assert.is(diagnostics.at(-1)?.summary, 'At least 21 more findings are not listed.');
});

test.run();
