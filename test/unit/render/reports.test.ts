import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { convert } from 'xmlbuilder2';
import { validate } from '../../../src/cli/commands/validate.ts';
import { viewReportedFailure } from '../../../src/cli/views/failure.ts';
import { type Diagnostic, diagnostic } from '../../../src/diagnostics/diagnostic.ts';
import { renderJunit } from '../../../src/render/junit.ts';
import { renderSarif } from '../../../src/render/sarif.ts';
import { recordedIo } from '../../fixtures/apply/recorded-io.ts';

const options = { category: 'kplan/validate', baseFolder: '/repo' };
const found = diagnostic('KP1004', { summary: 'a', file: 'plans/a b#.yaml', line: 3, column: 5 });

function runOf(diagnostics: readonly Diagnostic[], more: object = {}) {
  const log = JSON.parse(renderSarif(diagnostics, { ...options, ...more }));
  assert.is(log.version, '2.1.0');
  assert.is(log.runs.length, 1);
  return log.runs[0];
}

test('SARIF: each result names a rule of the registry, its place and its level', () => {
  const drifted = diagnostic('KP4201', { summary: 'b', address: 'topic/msk/a', detail: 'retention.ms: 1' });
  const run = runOf([drifted, found, drifted]);
  const { rules } = run.tool.driver;
  assert.equal(
    rules.map((rule: { id: string }) => rule.id),
    ['KP1004', 'KP4201'],
  );
  for (const result of run.results) assert.is(rules[result.ruleIndex].id, result.ruleId);
  assert.equal(run.results[1].locations[0].physicalLocation, {
    artifactLocation: { uri: 'plans/a%20b%23.yaml', uriBaseId: '%SRCROOT%' },
    region: { startLine: 3, startColumn: 5 },
  });
  assert.is(run.results[0].locations[0].logicalLocations[0].fullyQualifiedName, 'topic/msk/a');
  assert.is(run.results[0].locations[0].physicalLocation, undefined);
  assert.is(run.results[0].level, 'warning');
  assert.match(run.results[0].message.text, 'b\nretention.ms: 1\nFix: ');
});

test('SARIF: what names no file is placed at the top of the plan file, where one is known', () => {
  const drifted = diagnostic('KP4201', { summary: 'b', address: 'topic/msk/a' });
  const [placed, kept] = runOf([drifted, found], { planFile: '/repo/plans/x.yaml' }).results;
  assert.equal(placed.locations[0].physicalLocation, {
    artifactLocation: { uri: 'plans/x.yaml', uriBaseId: '%SRCROOT%' },
    region: { startLine: 1 },
  });
  assert.is(placed.locations[0].logicalLocations[0].fullyQualifiedName, 'topic/msk/a');
  assert.is(kept.locations[0].physicalLocation.region.startLine, 3);
});

test('SARIF: a path is told from the base folder, whichever way it was given', () => {
  const uriOf = (file: string) =>
    runOf([{ ...found, file }]).results[0].locations[0].physicalLocation.artifactLocation.uri;
  assert.is(uriOf('/repo/plans/x.yaml'), 'plans/x.yaml');
  assert.is(uriOf('./plans/x.yaml'), 'plans/x.yaml');
});

test('SARIF: a fingerprint stays when lines move, and no two results share one', () => {
  const printOf = (results: readonly { partialFingerprints: Record<string, string> }[]) =>
    results.map((one) => one.partialFingerprints['kplanFinding/v1']);
  const [first, second] = printOf(runOf([found, { ...found, line: 9 }]).results);
  assert.is.not(first, second);
  assert.equal(printOf(runOf([{ ...found, line: 40 }]).results), [first]);
  assert.equal(printOf(runOf([{ ...found, file: '/repo/plans/a b#.yaml' }]).results), [first]);
  assert.not.equal(printOf(runOf([{ ...found, summary: 'another' }]).results), [first]);
});

test('JUnit: what failed, what could not be done and what passed are counted, and any text is text', () => {
  const evil = '"<&]]>\n\u0000\ud800\u001b';
  const failure = diagnostic('KP4201', { summary: evil, address: evil });
  const xml = renderJunit(evil, [
    { name: 'a', passed: 'no drift', failures: [failure], errors: [found], told: [] },
    { name: 'b', passed: 'no drift', failures: [], errors: [], told: [found] },
  ]);
  assert.not.match(xml.replaceAll('\n', ''), /[\p{Cc}\p{Cs}]/u);
  const { testsuites } = JSON.parse(convert(xml, { format: 'json' }));
  assert.equal([testsuites['@tests'], testsuites['@failures'], testsuites['@errors']], ['3', '1', '1']);
  const [a, b] = testsuites.testsuite;
  assert.equal([a['@tests'], a['@failures'], a['@errors']], ['2', '1', '1']);
  assert.match(a.testcase[0]['@name'], 'KP4201 &quot;&lt;&amp;]]&gt;');
  assert.is(a.testcase[1].error['@type'], 'KP1004');
  assert.equal(b.testcase, { '@name': 'no drift', '@classname': 'b', '@time': '0' });
  assert.match(b['system-out'], 'KP1004');
});

test('validate as SARIF and JUnit: every finding of every file, and the exit code as ever', async () => {
  const io = recordedIo(await mkdtemp(join(tmpdir(), 'kplan-reports-')));
  const good = 'version: 1\nname: a\nclusters:\n  dc: { bootstrap: ["a:1"] }\n';
  await writeFile(join(io.cwd, 'good.yaml'), good);
  await writeFile(join(io.cwd, 'bad.yaml'), `${good}colour: blue\n`);
  assert.is(await validate({ files: ['good.yaml'], format: 'sarif' }, io), 0);
  assert.equal(JSON.parse(io.out()).runs[0].results, []);

  const sarif = recordedIo(io.cwd);
  assert.is(await validate({ files: ['good.yaml', 'bad.yaml'], format: 'sarif' }, sarif), 1);
  const { results } = JSON.parse(sarif.out()).runs[0];
  assert.is(results.length, 1);
  assert.equal(results[0].locations[0].physicalLocation.artifactLocation.uri, 'bad.yaml');

  const junit = recordedIo(io.cwd);
  assert.is(await validate({ files: ['good.yaml', 'bad.yaml'], format: 'junit' }, junit), 1);
  const { testsuites } = JSON.parse(convert(junit.out(), { format: 'json' }));
  assert.equal([testsuites['@tests'], testsuites['@failures']], ['2', '1']);
  assert.is(testsuites.testsuite[0].testcase['@name'], 'is valid');
  await rm(io.cwd, { recursive: true });
});

test('a report on failure is a report too', async () => {
  const sarif = recordedIo('/repo');
  await viewReportedFailure([found], 'sarif', sarif);
  const [run] = JSON.parse(sarif.out()).runs;
  assert.equal(run.invocations, [{ executionSuccessful: false }]);
  assert.is(run.results.length, 1);
  const junit = recordedIo('/repo');
  await viewReportedFailure([found], 'junit', junit);
  assert.is(JSON.parse(convert(junit.out(), { format: 'json' })).testsuites['@errors'], '1');
  const markdown = recordedIo('/repo');
  await viewReportedFailure([found], 'markdown', markdown);
  assert.is(markdown.out(), '');
  assert.match(markdown.err(), 'KP1004');
});

test.run();
