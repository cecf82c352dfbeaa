import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { begunFirst, type TestKind, testKinds } from './limits.ts';

export interface TestFile {
  readonly path: string;
  readonly kind: TestKind;
}

/**
 * The test files that `selection` names (kinds, which are folders under test/, or paths of files and folders), each once: by kind,
 * and of each kind those of `begunFirst` before the others.
 * Throws where a name matches no test file.
 */
export async function findFiles(testFolder: string, selection: readonly string[]): Promise<TestFile[]> {
  const paths = new Set<string>();
  for (const word of selection) {
    const found = (await Promise.all(placesOf(testFolder, word).map(listTests))).flat();
    if (found.length === 0) {
      throw new Error(`no test file (*.test.ts) for "${word}"`);
    }
    for (const path of found.sort()) {
      paths.add(path);
    }
  }
  const files = [...paths].map((path): TestFile => ({ path, kind: kindOf(testFolder, path) }));
  return files.toSorted((a, b) => rankOf(a) - rankOf(b));
}

function rankOf({ path, kind }: TestFile): number {
  return 2 * testKinds.indexOf(kind) + (begunFirst.has(basename(path)) ? 0 : 1);
}

function placesOf(testFolder: string, word: string): string[] {
  return [testKinds.some((kind) => kind === word) ? join(testFolder, word) : resolve(word)];
}

async function listTests(place: string): Promise<string[]> {
  const found = await stat(place).catch(() => undefined);
  if (found === undefined) {
    return [];
  }
  if (!found.isDirectory()) {
    return [place];
  }
  const names = await readdir(place, { recursive: true });
  return names.filter((name) => name.endsWith('.test.ts')).map((name) => join(place, name));
}

function kindOf(testFolder: string, path: string): TestKind {
  const [folder] = relative(testFolder, path).split(sep);
  return testKinds.find((kind) => kind === folder) ?? 'unit';
}
