import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createProgram } from '../../../src/cli/arguments/program.ts';
import { commands } from '../../../src/cli/commands.ts';
import { codes } from '../../../src/diagnostics/codes.ts';
import { planFileSchema } from '../../../src/plan-file/schema.generated.ts';

function page(name: string): string {
  return readFileSync(join(import.meta.dirname, '../../../schema', name), 'utf8');
}

test('the page of diagnostics has every code once, with its title', () => {
  const text = page('DIAGNOSTICS.md');
  for (const [code, { title }] of Object.entries(codes)) {
    const [, entry = ''] = text.split(`### ${code}\n`);
    assert.ok(entry.trimStart().startsWith(`**${title.replaceAll('<', '&lt;')}** (`), code);
    assert.is(text.split(`### ${code}\n`).length, 2, code);
  }
});

test('the page of the plan file has every key of every map', () => {
  const sections = new Map(
    page('PLAN-FILE.md')
      .split('\n## ')
      .map((text) => [text.split('\n')[0], text]),
  );
  const maps = [['Top level', planFileSchema] as const, ...Object.entries(planFileSchema.$defs ?? {})];
  for (const [name, { properties = {} }] of maps) {
    for (const key of Object.keys(properties))
      assert.ok(sections.get(name)?.includes(`| \`${key}\` |`), `${name}.${key}`);
  }
});

test('the page of commands has every command with its flags and an example', () => {
  const sections = new Map(
    page('COMMANDS.md')
      .split('\n## ')
      .map((text) => [text.split('\n')[0], text]),
  );
  const program = createProgram({ stdout: () => {}, stderr: () => {} });
  for (const add of commands) add(program, () => {});
  assert.ok(program.commands.length >= 7);
  for (const command of program.commands) {
    const section = sections.get(command.name()) ?? '';
    assert.match(section, new RegExp(`\`\`\`sh\n.*kplan ${command.name()}`));
    for (const { flags } of command.options) assert.ok(section.includes(`\`${flags}\``), `${command.name()} ${flags}`);
  }
});

test.run();
