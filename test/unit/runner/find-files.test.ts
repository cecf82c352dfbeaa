import { basename, join } from 'node:path';
import { test } from 'uvu';
import { equal, ok } from 'uvu/assert';
import { findFiles } from '../../runner/find-files.ts';
import { begunFirst, testKinds } from '../../runner/limits.ts';

const testFolder = join(import.meta.dirname, '../..');

test('tests come by kind, of each kind what is begun first, and everything once', async () => {
  const files = await findFiles(testFolder, ['integration', 'properties', 'unit', import.meta.filename]);
  equal(new Set(files.map(({ path }) => path)).size, files.length);
  equal([...new Set(files.map(({ kind }) => kind))], [...testKinds]);
  const firstIntegration = files.findIndex(({ kind }) => kind === 'integration');
  ok(files.slice(firstIntegration).every(({ kind }) => kind === 'integration'));
  const paths = files.slice(firstIntegration).map(({ path }) => path);
  const [first, others] = [paths.slice(0, begunFirst.size), paths.slice(begunFirst.size)];
  equal(new Set(first.map((path) => basename(path))), begunFirst);
  equal(others, others.toSorted(), 'the others by name');
});

test('a name that no test has is an error', async () => {
  const error = await findFiles(testFolder, [join(testFolder, 'cases')]).catch((thrown: Error) => thrown);
  ok(error instanceof Error && error.message.includes('no test file'), String(error));
});

test.run();
