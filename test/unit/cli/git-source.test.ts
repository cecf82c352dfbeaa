import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gitSource } from '../../../src/cli/git-source.ts';

const test = suite<{ folder: string; file: string }>('git source');

test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'kplan-git-'));
  context.file = join(context.folder, 'plan.yaml');
  await writeFile(context.file, 'version: 1\n');
});

test.after.each(({ folder }) => rm(folder, { recursive: true, force: true }));

async function git(cwd: string, ...args: string[]): Promise<string> {
  const author = ['-c', 'user.name=kplan', '-c', 'user.email=kplan@example.com', '-c', 'commit.gpgsign=false'];
  return (await execa('git', [...author, ...args], { cwd })).stdout;
}

test('the commit of the plan file, and whether the file differs from it', async ({ folder, file }) => {
  await git(folder, 'init', '-q');
  await git(folder, 'add', '.');
  await git(folder, 'commit', '-q', '-m', 'Plan');
  const commit = await git(folder, 'rev-parse', 'HEAD');
  assert.equal(await gitSource(file), { commit, dirty: false });
  await writeFile(join(folder, 'other.yaml'), 'another file does not matter\n');
  assert.equal(await gitSource(file), { commit, dirty: false });
  await writeFile(file, 'version: 1 # changed\n');
  assert.equal(await gitSource(file), { commit, dirty: true });
  assert.equal(await gitSource(join(folder, 'other.yaml')), { commit, dirty: true }, 'a file that git does not know');
});

test('nothing outside of a repository, and before its first commit', async ({ folder, file }) => {
  assert.equal(await gitSource(file), {});
  await git(folder, 'init', '-q');
  assert.equal(await gitSource(file), {});
});

test.run();
