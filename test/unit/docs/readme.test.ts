import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { test } from 'uvu';
import { equal, ok } from 'uvu/assert';
import { validatePlanFile } from '../../../src/plan-file/check.ts';

const root = new URL('../../../', import.meta.url);
const main = fileURLToPath(new URL('src/cli/main.ts', root));
const readme = await readFile(new URL('README.md', root), 'utf8');
const contributing = await readFile(new URL('CONTRIBUTING.md', root), 'utf8');

test('the plan file of the README is valid', () => {
  const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
  ok(yaml !== undefined);
  equal(validatePlanFile(yaml, 'README.md').diagnostics, []);
});

test('every kplan command and flag that the README shows exists', async () => {
  const examples = [...readme.matchAll(/^kplan ([a-z]+)([^#\n]*)/gm)];
  ok(examples.length >= 7);
  const helps = new Map<string, string>();
  for (const name of new Set(examples.map(([, command = '']) => command))) {
    const { exitCode, stdout } = await execa(process.execPath, [main, name, '--help'], { reject: false });
    equal(exitCode, 0, name);
    helps.set(name, stdout);
  }
  for (const [line, name = '', rest = ''] of examples) {
    for (const [flag] of rest.matchAll(/--[a-z-]+/g)) ok(helps.get(name)?.includes(flag), `${flag} in ${line}`);
  }
});

test('every npm script that the documents name exists', async () => {
  const { scripts } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = [...`${readme}${contributing}`.matchAll(/`?npm run (?:-s )?([a-z]+(?::[a-z]+)?)/g)];
  ok(named.length >= 5);
  for (const [text, name = ''] of named) ok(name in scripts, text);
});

test('every file that the README links to exists', () => {
  for (const [, path = ''] of readme.matchAll(/\]\(([^)#]+)\)/g)) ok(existsSync(new URL(path, root)), path);
});

test.run();
