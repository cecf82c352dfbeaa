import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyArguments } from '../../../src/cli/arguments/apply.ts';
import { driftArguments } from '../../../src/cli/arguments/drift.ts';
import { fmtArguments } from '../../../src/cli/arguments/fmt.ts';
import { importArguments } from '../../../src/cli/arguments/import.ts';
import { initArguments } from '../../../src/cli/arguments/init.ts';
import { offsetsArguments } from '../../../src/cli/arguments/offsets.ts';
import { planArguments } from '../../../src/cli/arguments/plan.ts';
import { createProgram } from '../../../src/cli/arguments/program.ts';
import { showArguments } from '../../../src/cli/arguments/show.ts';
import { statusArguments } from '../../../src/cli/arguments/status.ts';
import { validateArguments } from '../../../src/cli/arguments/validate.ts';
import { verifyArguments } from '../../../src/cli/arguments/verify.ts';

const main = join(import.meta.dirname, '../../../src/cli/main.ts');

/** The program as a person starts it. */
async function kplan(args: readonly string[], cwd = '.') {
  const env = { NO_COLOR: undefined, FORCE_COLOR: undefined };
  const { stdout, stderr, exitCode } = await execa(process.execPath, [main, ...args], { reject: false, cwd, env });
  return { stdout, stderr, exitCode };
}

test('--help lists the commands in the order of the work, and nothing that is not there yet', async () => {
  const { stdout, exitCode } = await kplan(['--help']);
  const listed = [...stdout.matchAll(/^ {2}([a-z]+) (?:\[|<)/gm)].map(([, name]) => name);
  assert.is(exitCode, 0);
  assert.equal(listed, [
    'init',
    'validate',
    'fmt',
    'import',
    'plan',
    'show',
    'apply',
    'drift',
    'status',
    'verify',
    'offsets',
    'help',
  ]);
});

test('each command has --help with an example and the global flags', () => {
  const all = [
    initArguments,
    validateArguments,
    fmtArguments,
    importArguments,
    planArguments,
    showArguments,
    applyArguments,
    driftArguments,
    statusArguments,
    verifyArguments,
    offsetsArguments,
  ];
  for (const { name, describe } of all) {
    let shown = '';
    const note = (text: string) => {
      shown += text;
    };
    const program = createProgram({ stdout: note, stderr: () => {} });
    const command = program.command(name);
    describe(command);
    command.outputHelp();
    assert.match(shown, `$ kplan ${name} `);
    assert.match(shown, '--format <format>');
  }
});

test('a reader that goes away ends nothing: the work after it decides the exit code', async () => {
  const script = `
    const { outliveOutput } = await import(${JSON.stringify(join(main, '../terminal.ts'))});
    outliveOutput();
    for (const stream of [process.stdout, process.stderr]) {
      stream.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    }
    process.exitCode = 3;`;
  const { exitCode } = await execa(process.execPath, ['--input-type=module', '--eval', script], { reject: false });
  assert.is(exitCode, 3);
});

test('a command that is not known: the nearest name, no stack', async () => {
  const { stdout, stderr, exitCode } = await kplan(['pln', 'x.yaml']);
  assert.is(exitCode, 1);
  assert.is(stdout, '');
  assert.match(stderr, 'Did you mean plan?');
  assert.not.match(stderr, /at .*\.ts/);
});

test('wrong arguments with --format json: one document on stdout alone', async () => {
  for (const args of [
    [],
    ['plan'],
    ['plan', 'x', '--out', 'a', '--address', 'b'],
    ['apply', 'x', '--lease-seconds', '4'],
  ]) {
    const { stdout, stderr, exitCode } = await kplan([...args, '--format', 'json']);
    const document = JSON.parse(stdout);
    assert.is(exitCode, 1);
    assert.is(stderr, '');
    assert.is(document.formatVersion, '1.0');
    assert.equal(document.diagnostics[0].code, 'KP4104');
    assert.match(document.diagnostics[0].summary, /^[^a-z(]/);
  }
});

test('a format that a command lacks is refused with those that it has', async () => {
  for (const args of [
    ['status', 'x', '--format', 'sarif'],
    ['--format', 'junit', 'plan', 'x'],
  ]) {
    const { stdout, stderr, exitCode } = await kplan(args);
    assert.is(exitCode, 1);
    assert.is(stdout, '');
    assert.match(stderr, /has no --format (?:sarif|junit), only text, json/);
  }
  assert.match((await kplan(['drift', '--help'])).stdout, 'Formats: text, json, markdown, junit, sarif');
});

test('an address that plan could never show is refused with the kinds that there are', async () => {
  const { stdout, stderr, exitCode } = await kplan(['plan', 'x', '--address', 'orders']);
  assert.is(exitCode, 1);
  assert.is(stdout, '');
  assert.match(stderr, 'An address begins with topic/, acl/, quota/, flow/, group/ as plan shows it.');
});

test('a plan file with mistakes is refused before any cluster is asked', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kplan-cli-'));
  const text = `version: 1
name: a
clusters:
  dc: { bootstrap: ["127.0.0.1:1"], auth: { mechanism: plain, username: me, password: { env: P } } }
  msk: { bootstrap: ["127.0.0.1:1"] }
flows:
  - { name: f, source: dc, target: msk, engine: mirrormaker2, topics: { include: ["*"] } }
`;
  await writeFile(join(directory, 'plan.yaml'), text);
  const { stdout, stderr, exitCode } = await kplan(['plan', 'plan.yaml'], directory);
  assert.is(exitCode, 1);
  assert.is(stdout, '');
  assert.match(stderr, 'error KP1201');
  assert.match(stderr, 'at plan.yaml:7:41');
  const json = await kplan(['--format', 'json', 'plan', 'plan.yaml'], directory);
  assert.is(JSON.parse(json.stdout).diagnostics[0].line, 7);
  await rm(directory, { recursive: true });
});

test('show of something that is no saved plan', async () => {
  const { stderr, exitCode } = await kplan(['show', main]);
  assert.is(exitCode, 1);
  assert.match(stderr, 'error KP4101');
});

test.run();
