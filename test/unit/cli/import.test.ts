import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ImportOptions, importArguments } from '../../../src/cli/arguments/import.ts';
import { createProgram } from '../../../src/cli/arguments/program.ts';
import { importClusters } from '../../../src/cli/commands/import.ts';
import { chooseClusters, connectionsFor } from '../../../src/cli/import-clusters.ts';
import { type RecordedIo, recordedIo } from '../../fixtures/apply/recorded-io.ts';

/** The options of a command line, or what it is told. */
function parsed(args: readonly string[]): ImportOptions | string {
  let told = '';
  const note = (text: string) => {
    told += text;
  };
  const program = createProgram({ stdout: () => {}, stderr: note });
  const command = importArguments.describe(program.command('import'));
  let options: ImportOptions | undefined;
  command.action(() => {
    options = importArguments.parse(command);
  });
  try {
    program.parse(['node', 'kplan', 'import', ...args]);
  } catch {
    return told;
  }
  return options ?? told;
}

const usual: ImportOptions = { clusters: [], topics: [], force: false, format: 'text' };

const planFile = `version: 1
name: a
clusters:
  dc:
    bootstrap: ["127.0.0.1:1"]
    tls: { ca: { file: certs/dc.pem }, key: { env: KEY }, cert: { file: /etc/me.pem } }
  msk: { bootstrap: { env: MSK } }
`;

async function inFolder(work: (io: RecordedIo) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kplan-import-'));
  await writeFile(join(folder, 'plan.yaml'), planFile);
  await work(recordedIo(folder)).finally(() => rm(folder, { recursive: true }));
}

test('clusters of the command line: names, several brokers, several clusters', () => {
  assert.equal(
    parsed([
      '--cluster',
      'dc=a:1, b:2',
      '--cluster',
      'Msk_2=[::1]:9',
      '--topics',
      'a*',
      '--topics',
      'b',
      '--name',
      'x',
    ]),
    {
      ...usual,
      clusters: [
        { name: 'dc', bootstrap: ['a:1', 'b:2'] },
        { name: 'Msk_2', bootstrap: ['[::1]:9'] },
      ],
      name: 'x',
      topics: ['a*', 'b'],
    },
  );
  assert.equal(parsed(['--from', 'plan.yaml', '--cluster', 'dc']), {
    ...usual,
    clusters: [{ name: 'dc' }],
    from: 'plan.yaml',
  });
});

test('command lines that can not be meant', () => {
  const refusals: readonly (readonly [RegExp, ...string[]])[] = [
    [/must say which clusters/],
    [/dc=HOST:PORT/, '--cluster', 'dc'],
    [/kafka-1 has no port/, '--cluster', 'dc=a:1,kafka-1'],
    [/a:x is no host:port/, '--cluster', 'dc=a:x'],
    [/names no broker/, '--cluster', 'dc= ,'],
    [/given twice/, '--cluster', 'dc=a:1', '--cluster', 'dc=b:1'],
    [/named by letters/, '--cluster', '=a:1'],
    [/small letters/, '--cluster', 'dc=a:1', '--name', 'Big'],
    [/no pattern/, '--cluster', 'dc=a:1', '--topics', '/(/'],
  ];
  for (const [wanted, ...args] of refusals) assert.match(String(parsed(args)), wanted);
});

test('connections of a plan file: all, some, and files that stay where they are', () =>
  inFolder(async (io) => {
    const all = await chooseClusters({ ...usual, from: 'plan.yaml' }, io.cwd);
    assert.ok('connections' in all);
    assert.equal(Object.keys(all.connections), ['dc', 'msk']);
    const moved = connectionsFor(join(io.cwd, 'deep/er/new.yaml'), all);
    assert.equal(moved.dc?.tls, {
      ca: { file: '../../certs/dc.pem' },
      key: { env: 'KEY' },
      cert: { file: '/etc/me.pem' },
    });
    assert.is(connectionsFor(join(io.cwd, 'new.yaml'), all), all.connections);
    const mixed = { ...usual, from: 'plan.yaml', clusters: [{ name: 'msk' }, { name: 'new', bootstrap: ['a:1'] }] };
    const some = await chooseClusters(mixed, io.cwd);
    assert.ok('connections' in some);
    assert.equal(some.connections, { msk: { bootstrap: { env: 'MSK' } }, new: { bootstrap: ['a:1'] } });
  }));

test('import is refused before any cluster is asked', () =>
  inFolder(async (io) => {
    const clusters = [{ name: 'dc', bootstrap: ['127.0.0.1:1'] }];
    assert.is(await importClusters({ ...usual, clusters, out: 'plan.yaml' }, io), 1);
    assert.match(io.err(), 'error KP1301: plan.yaml is there already');
    assert.is(await importClusters({ ...usual, from: 'plan.yaml', clusters: [{ name: 'mks' }] }, io), 1);
    assert.match(io.err(), /error KP1303: plan\.yaml has no cluster mks\.[\s\S]*Did you mean msk/u);
    await writeFile(join(io.cwd, 'bad.yaml'), 'name: a\n');
    assert.is(await importClusters({ ...usual, from: 'bad.yaml' }, io), 1);
    assert.match(io.err(), 'error KP1011');
    const fault = await importClusters({ ...usual, from: 'plan.yaml', clusters: [{ name: 'msk' }] }, io).catch(
      (error) => error,
    );
    assert.is(fault.diagnostics[0].code, 'KP3002');
    assert.is(io.out(), '');
  }));

test.run();
