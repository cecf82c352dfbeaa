import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generateCommandsPage } from './generate-commands-page.ts';
import { generateDiagnosticsPage } from './generate-diagnostics.ts';
import { generatePlanFilePage } from './generate-plan-file-page.ts';
import { generateTopicSettings } from './generate-topic-settings.ts';
import { generateTypes } from './generate-types.ts';
import { generateSchemaModule, generateValidator } from './generate-validator.ts';
import { isJsonObject, type JsonObject } from './schema-walk.ts';

/**
 * `npm run generate` writes what is made from schema/plan.v1.schema.json, and the pages about the plan file, the
 * diagnostics and the commands; with `--settings` also the list of Kafka's topic settings, which needs Java and Maven. `--check` writes nothing and fails where a file is out of date.
 */
const root = dirname(import.meta.dirname);
const planFileFolder = join('src', 'plan-file');

async function readSchema(): Promise<JsonObject> {
  const schema: unknown = JSON.parse(await readFile(join(root, 'schema', 'plan.v1.schema.json'), 'utf8'));
  if (!isJsonObject(schema)) throw new Error('The schema is no object.');
  return schema;
}

/** Contents by path below the root. */
async function generated(withSettings: boolean): Promise<Map<string, string>> {
  const schema = await readSchema();
  const files = new Map([
    [join(planFileFolder, 'plan-file.generated.ts'), await generateTypes(schema)],
    [join(planFileFolder, 'schema.generated.ts'), generateSchemaModule(schema)],
    [join(planFileFolder, 'validate-schema.generated.ts'), generateValidator(schema)],
    [join('schema', 'PLAN-FILE.md'), generatePlanFilePage(schema)],
    [join('schema', 'DIAGNOSTICS.md'), generateDiagnosticsPage()],
    [join('schema', 'COMMANDS.md'), generateCommandsPage()],
  ]);
  if (withSettings) files.set(join(planFileFolder, 'topic-settings.generated.ts'), await generateTopicSettings());
  return files;
}

async function main(): Promise<void> {
  const check = process.argv.includes('--check');
  for (const [name, content] of await generated(process.argv.includes('--settings'))) {
    const path = join(root, name);
    if (!check) {
      await writeFile(path, content);
    } else if ((await readFile(path, 'utf8').catch(() => '')) !== content) {
      process.stderr.write(`${name} is out of date: run \`npm run generate\` and commit the result\n`);
      process.exitCode = 1;
    }
  }
}

await main();
