import { chmod, lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fmt } from '../../../src/cli/commands/fmt.ts';
import { type RecordedIo, recordedIo } from '../../fixtures/apply/recorded-io.ts';

const loose = 'name:   a # first\nversion: 1\nclusters: {dc: {bootstrap: ["dc:9092"]}}\n';
const tidy = 'version: 1\nname: a # first\nclusters: { dc: { bootstrap: ["dc:9092"] } }\n';

async function inFolder(files: Record<string, string>, work: (io: RecordedIo) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kplan-fmt-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await work(recordedIo(folder)).finally(() => rm(folder, { recursive: true }));
}

const read = (io: RecordedIo, name: string) => readFile(join(io.cwd, name), 'utf8');

test('fmt rewrites what is not formatted and names it', () =>
  inFolder({ 'a.yaml': loose, 'b.yaml': tidy }, async (io) => {
    await chmod(join(io.cwd, 'a.yaml'), 0o640);
    assert.is(await fmt({ files: ['a.yaml', 'b.yaml'], check: false, format: 'text' }, io), 0);
    assert.is(io.out(), 'a.yaml\n');
    assert.is(await read(io, 'a.yaml'), tidy);
    assert.is((await stat(join(io.cwd, 'a.yaml'))).mode & 0o777, 0o640);
    assert.equal(await readdir(io.cwd), ['a.yaml', 'b.yaml']);
  }));

test('fmt follows a link, and leaves it one', () =>
  inFolder({ 'a.yaml': loose }, async (io) => {
    await symlink('a.yaml', join(io.cwd, 'link.yaml'));
    assert.is(await fmt({ files: ['link.yaml'], check: false, format: 'text' }, io), 0);
    assert.is(await read(io, 'a.yaml'), tidy);
    assert.ok((await lstat(join(io.cwd, 'link.yaml'))).isSymbolicLink());
  }));

test('--check writes nothing, names the files and exits with 1', () =>
  inFolder({ 'a.yaml': loose, 'b.yaml': tidy }, async (io) => {
    assert.is(await fmt({ files: ['a.yaml', 'b.yaml'], check: true, format: 'text' }, io), 1);
    assert.is(io.out(), 'a.yaml\n');
    assert.is(await read(io, 'a.yaml'), loose);
    const again = recordedIo(io.cwd);
    assert.is(await fmt({ files: ['b.yaml'], check: true, format: 'json' }, again), 0);
    assert.equal(JSON.parse(again.out()), {
      formatVersion: '1.0',
      files: [{ file: 'b.yaml', changed: false }],
      diagnostics: [],
    });
  }));

test('a file with mistakes is left, with the diagnostics of validate; the others are formatted', () =>
  inFolder(
    { 'a.yaml': loose, 'b.yaml': 'name:  b\nversion: 1\n', 'c.kplan.json': '{"formatVersion":"1.0","digest":""}' },
    async (io) => {
      const files = ['b.yaml', 'c.kplan.json', 'gone.yaml', 'a.yaml'];
      assert.is(await fmt({ files, check: false, format: 'text' }, io), 1);
      assert.is(io.out(), 'a.yaml\n');
      assert.match(io.err(), /error KP1011[\s\S]*at b\.yaml:1:1[\s\S]*error KP4107[\s\S]*error KP1009/u);
      assert.is(await read(io, 'b.yaml'), 'name:  b\nversion: 1\n');
      assert.is(await read(io, 'a.yaml'), tidy);
    },
  ));

test('standard input is formatted to standard output', async () => {
  const stdin = async () => Buffer.from(loose);
  const io = recordedIo('.');
  assert.is(await fmt({ files: ['-'], check: false, format: 'text' }, io, stdin), 0);
  assert.is(io.out(), tidy);
  const checked = recordedIo('.');
  assert.is(await fmt({ files: ['-'], check: true, format: 'text' }, checked, stdin), 1);
  assert.is(checked.out(), '-\n');
  const json = recordedIo('.');
  assert.is(await fmt({ files: ['-'], check: false, format: 'json' }, json, stdin), 0);
  assert.equal(JSON.parse(json.out()).files, [{ file: '-', changed: true, text: tidy }]);
});

test.run();
