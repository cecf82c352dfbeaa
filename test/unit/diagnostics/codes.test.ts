import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { retiredCodes } from '../../../src/diagnostics/codes/retired.ts';
import { codes } from '../../../src/diagnostics/codes.ts';

const root = join(import.meta.dirname, '../../..');
const tables = join(root, 'src/diagnostics/codes');
const known = new Set<string>(Object.keys(codes));

/** The code names in a folder's sources; the tables themselves only define. */
function codesIn(folder: string): Set<string> {
  const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  const sources = files.filter((one) => one.isFile() && one.name.endsWith('.ts') && one.parentPath !== tables);
  const texts = sources.map((one) => readFileSync(join(one.parentPath, one.name), 'utf8'));
  return new Set(texts.flatMap((text) => [...text.matchAll(/\bKP\d{4}\b/g)].map(([code]) => code)));
}

const used = new Set([...codesIn('src'), ...codesIn('runner')]);

test('every code that the sources name is in the registry', () => {
  assert.ok(used.size > 100, `${used.size} codes`);
  assert.equal(
    [...used].filter((code) => !known.has(code)),
    [],
  );
});

/** KP12xx say what a version cannot do yet; one goes to the retired codes some time after the version that can. */
test('every code of the registry is used', () => {
  assert.equal(
    [...known].filter((code) => !used.has(code) && !code.startsWith('KP12')),
    [],
  );
});

test('no retired code is in the registry', () => {
  assert.equal(
    [...known].filter((code) => retiredCodes.has(code)),
    [],
  );
});

test('no code is defined twice', () => {
  const defined = readdirSync(tables).flatMap((file) => {
    const text = readFileSync(join(tables, file), 'utf8');
    return [...text.matchAll(/^ {2}(KP\d{4}):/gm)].map(([, code = '']) => code);
  });
  assert.equal(
    defined.filter((code, index) => defined.indexOf(code) !== index),
    [],
  );
  assert.is(defined.length, known.size);
});

test.run();
