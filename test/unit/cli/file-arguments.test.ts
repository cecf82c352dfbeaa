import { mkdir, mkdtemp, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { show } from '../../../src/cli/commands/show.ts';
import { validate } from '../../../src/cli/commands/validate.ts';
import { withClusters } from '../../../src/cli/gather.ts';
import { savePlan } from '../../../src/cli/save-plan.ts';
import { SavePlanError } from '../../../src/cli/save-plan-error.ts';
import type { Migration } from '../../../src/migration/migration.ts';
import { type RecordedIo, recordedIo } from '../../fixtures/apply/recorded-io.ts';

async function inFolder(work: (io: RecordedIo) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kplan-files-'));
  await work(recordedIo(folder)).finally(() => rm(folder, { recursive: true }));
}

test('show says why a file is not read: a folder, nothing there', () =>
  inFolder(async (io) => {
    await mkdir(join(io.cwd, 'folder'));
    assert.is(await show({ file: 'folder', format: 'text' }, io), 1);
    assert.is(await show({ file: 'gone.json', format: 'text' }, io), 1);
    assert.match(io.err(), 'folder: it is a folder.');
    assert.match(io.err(), 'gone.json: there is no such file.');
  }));

test('validate knows a saved plan, and does not read it as a plan file full of mistakes', () =>
  inFolder(async (io) => {
    await writeFile(join(io.cwd, 'a.kplan.json'), '{ "formatVersion": "1.0", "digest": "" }');
    assert.is(await validate({ files: ['a.kplan.json'], format: 'json' }, io), 1);
    const { diagnostics } = JSON.parse(io.out());
    assert.equal(
      diagnostics.map((one: { code: string }) => one.code),
      ['KP4107'],
    );
  }));

test('bytes that are no text are not printed', () =>
  inFolder(async (io) => {
    await writeFile(join(io.cwd, 'a.yaml'), Buffer.from([0x61, 0xff, 0xfe, 0x07, 0x62]));
    await validate({ files: ['a.yaml'], format: 'text' }, io);
    assert.match(io.out(), 'KP1002');
    assert.not.match(io.out(), '\uFFFD');
  }));

test('a plan that can not be saved: the path as it was given, and the reason in words', () =>
  inFolder(async (io) => {
    const fault = await savePlan('gone/a.json', io.cwd, '{}').catch((error: unknown) => error);
    assert.instance(fault, SavePlanError);
    assert.is(
      (fault as SavePlanError).diagnostic.summary,
      'The plan can not be saved as gone/a.json: its folder does not exist.',
    );
  }));

test('a plan is saved through a link, and never in the place of a device', () =>
  inFolder(async (io) => {
    await writeFile(join(io.cwd, 'real.json'), 'older');
    await symlink('real.json', join(io.cwd, 'link.json'));
    await savePlan('link.json', io.cwd, '{}');
    assert.is(await readlink(join(io.cwd, 'link.json')), 'real.json');
    assert.is(await readFile(join(io.cwd, 'real.json'), 'utf8'), '{}');
    await symlink('/dev/null', join(io.cwd, 'device'));
    const fault = await savePlan('device', io.cwd, '{}').catch((error: unknown) => error);
    assert.match((fault as SavePlanError).message, 'device: that is no file');
  }));

test('every variable that is missing is named at once, for all clusters', async () => {
  const clusters = {
    old: { bootstrap: { env: 'OLD' }, addressMap: {} },
    new: { bootstrap: { env: 'NEW' }, addressMap: {} },
  };
  const migration = { clusters } as unknown as Migration;
  const fault = await withClusters(migration, '/plan.yaml', recordedIo('.'), async () => {}).catch((error) => error);
  assert.equal(
    fault.diagnostics.map((one: { code: string }) => one.code),
    ['KP3002', 'KP3002'],
  );
});

test.run();
