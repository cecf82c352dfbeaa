import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { expressionSize } from '../../../src/migration/pattern-size.ts';
import { compilePattern, isPattern, neverMatchedByPattern } from '../../../src/migration/patterns.ts';

function matches(pattern: string, name: string): boolean {
  const compiled = compilePattern(pattern);
  return 'matches' in compiled && compiled.matches(name);
}

test('a glob matches whole names; * takes dots too, ? takes one character', () => {
  assert.ok(matches('orders*', 'orders.v1.events'));
  assert.ok(matches('*', ''));
  assert.ok(matches('a*b*c', 'a.b.b.c'));
  assert.not.ok(matches('orders', 'orders.v1'));
  assert.not.ok(matches('orders*', 'my.orders'));
  assert.ok(matches('v?', 'v1'));
  assert.not.ok(matches('v?', 'v'));
  assert.not.ok(matches('v?', 'v12'));
});

test('every other character of a glob stands for itself', () => {
  for (const text of ['a.b', 'a{b,c}', '[ab]', '!a', 'a\\b', 'a+', '(a)', '^a$', 'a|b']) {
    assert.ok(matches(text, text), text);
    assert.not.ok(matches(text, 'a'), text);
  }
  assert.not.ok(matches('a.b', 'axb'));
});

test('a regular expression stands between slashes and matches whole names', () => {
  assert.ok(matches('/payments\\.v[0-9]+/', 'payments.v12'));
  assert.not.ok(matches('/payments\\.v[0-9]+/', 'my.payments.v12'));
  assert.not.ok(matches('/a|ab/', 'abc'));
  assert.ok(matches('/a|ab/', 'ab'));
});

test('what RE2 does not take has an error', () => {
  for (const text of ['/(/', '/(?=a)b/', '/(a)\\1/', '//', '/a{2000}/', '/((a{100}){100}){100}/']) {
    assert.ok('error' in compilePattern(text), text);
  }
});

test('full names are no patterns', () => {
  assert.equal(
    ['orders.v1', '/', 'a/b', 'orders*', 'v?', '/a/'].map((text) => isPattern(text)),
    [false, false, false, true, true, true],
  );
});

test('a glob agrees with the regular expression that says the same', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
  const globs = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 6 });
  fc.assert(
    fc.property(globs, letters, (glob, name) => {
      const same = new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`, 'u');
      assert.is(matches(glob, name), same.test(name));
    }),
    { numRuns: 1000 },
  );
});

test('a glob of many stars answers at once', () => {
  const begun = performance.now();
  assert.not.ok(matches(`${'*a'.repeat(200)}b`, 'a'.repeat(249)));
  assert.ok(performance.now() - begun < 2_000);
});

test('the size of an expression follows its repetitions', () => {
  assert.is(expressionSize('abc'), 3);
  assert.is(expressionSize('a{30}'), 30);
  assert.ok(expressionSize('(a{30}){30}') >= 900);
  assert.ok(expressionSize('[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}') < 200);
});

test('topics that no pattern matches, each with a note', () => {
  const never = ['__consumer_offsets', '__kplan.a.state', '_schemas', '_confluent-x', 'connect-offsets-1'];
  for (const name of [...never, 'mm2-offsets.a.internal', 'dc.checkpoints.internal', 'heartbeats']) {
    assert.ok((neverMatchedByPattern(name)?.note.length ?? 0) > 20, name);
  }
  for (const name of ['orders', '_orders', 'connect-sink', 'internal', 'my-heartbeats', 'app-x-changelog']) {
    assert.is(neverMatchedByPattern(name), null, name);
  }
});

test.run();
