import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { codes } from '../../../src/diagnostics/codes.ts';
import { diagnostic } from '../../../src/diagnostics/diagnostic.ts';
import { shownSource } from '../../../src/diagnostics/shown-source.ts';
import { renderDiagnostic } from '../../../src/diagnostics/text.ts';

const place = { file: 'plan.yaml', line: 2, column: 5 };

test('severity and fix come from the registry, unless given', () => {
  const plain = diagnostic('KP1010', { summary: 'x' });
  assert.equal([plain.severity, plain.fix], [codes.KP1010.severity, codes.KP1010.fix]);
  const own = diagnostic('KP1010', { summary: 'x', severity: 'note', fix: 'y' });
  assert.equal([own.severity, own.fix], ['note', 'y']);
});

test('the caret stands under the column, also behind wide characters and tabs', () => {
  const text = (source: string, column: number) =>
    renderDiagnostic(diagnostic('KP1010', { summary: 'x', ...place, column }), { color: false, sourceText: source });
  assert.match(text('a\nb: c\n', 4), '  2 | b: c\n    |    ^\n');
  assert.match(text('a\n日本: c\n', 5), '  2 | 日本: c\n    |       ^\n');
  assert.match(text('a\n\tb: c\n', 2), '  2 |  b: c\n    |  ^\n');
});

test('no line is wider than 80 columns where words allow it, and a long source line is cut around the column', () => {
  const summary = 'word '.repeat(60).trim();
  const shown = renderDiagnostic(diagnostic('KP1010', { summary, ...place, column: 500 }), {
    color: false,
    sourceText: `a\n${'b'.repeat(499)}X${'c'.repeat(500)}\n`,
  });
  for (const line of shown.split('\n')) assert.ok(line.length <= 80, line);
  const [source = '', caret = ''] = shown.split('\n').filter((line) => line.includes(' | '));
  assert.is(source[caret.indexOf('^')], 'X');
});

test('control characters of a file do not reach the terminal', () => {
  const shown = renderDiagnostic(diagnostic('KP1010', { summary: 'a\u001b[31mb', ...place }), {
    color: false,
    sourceText: 'a\nb: \u001b[2J\u202ex\n',
  });
  assert.not.match(shown, '\u001b');
  assert.not.match(shown, '\u202e');
});

test('colour only where asked', () => {
  const one = diagnostic('KP1010', { summary: 'x' });
  assert.not.match(renderDiagnostic(one, { color: false }), '\u001b[');
  assert.match(renderDiagnostic(one, { color: true }), '\u001b[');
});

test('lines that may hold a secret are not shown, the others are', () => {
  const text = `clusters:
  dc:
    bootstrap: ["dc:1"]
    auth:
      mechanism: plain
      pass: hunter2

      deeper: { x: hunter2 }
    addressMap: {}
  b: { bootstrap: [x], auth: { pasword: hunter2 } }
  c: { tls: { key: hunter2 } }
  d:
    ? auth
    : hunter2
api_token: hunter2
labels: { author: me }
  e:
    bootstrap: ["u:hunter2@e:1"]
    sasl: { user: u, pw: hunter2 }
    sasl.jaas.config: "X pwd=hunter2"
    password: |
 hunter2
more
    addressMap: {}
`;
  const shown = shownSource(text).split('\n');
  assert.is(shown.length, text.split('\n').length);
  assert.not.match(shown.join('\n'), /hunter2|more/);
  for (const line of [0, 1, 2, 8, 15, 16, 23]) assert.is(shown[line], text.split('\n')[line]);
});

test.run();
