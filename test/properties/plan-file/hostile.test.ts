import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { planFileLimits } from '../../../src/plan-file/limits.ts';
import { answerTo } from '../../fixtures/plan-file/answer.ts';
import { filled, head, largePlan } from '../../fixtures/plan-file/large-plans.ts';

const { bytesMax } = planFileLimits;
const long = 'v'.repeat(40);
const flow = 'flows:\n  - name: f\n    source: a\n    target: b\n';

function fill(part: string): string {
  return part.repeat(Math.floor(bytesMax / part.length));
}

function lines(count: number, line: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => line(at)).join('\n');
}

const expressions = (count: number, of: (at: number) => string) =>
  `${head + flow}    topics: { include: [${lines(count, (at) => `'/${of(at)}/'`).replaceAll('\n', ',')}] }\n`;
const twoWays = (count: number, rest: (at: number) => string) =>
  `${head}flows:\n${lines(count, (at) => ` - { name: f${at}, source: ${at % 2 ? 'a' : 'b'}, target: ${at % 2 ? 'b' : 'a'}, ${rest(at)} }`)}\n`;

/** Texts that are expensive for a YAML parser, a schema validator or a matcher; the code that refuses each, if one does. */
const texts: Readonly<Record<string, readonly [text: string, code?: string]>> = {
  'open lists': [fill('['), 'KP1003'],
  'open maps': [fill('{'), 'KP1003'],
  'nested block lists': [fill('- '), 'KP1003'],
  'nested keys': [fill('? '), 'KP1003'],
  'steps of indentation': [lines(1400, (at) => `${' '.repeat(at)}a:`), 'KP1003'],
  'line ends': [fill('\n'), 'KP1003'],
  comments: [fill('#\n'), 'KP1003'],
  directives: [fill('%\n'), 'KP1005'],
  tags: [fill('!a '), 'KP1005'],
  documents: [fill('---\n'), 'KP1003'],
  anchors: [fill('&a '), 'KP1003'],
  aliases: [fill('*a '), 'KP1003'],
  quotes: [fill('"'), 'KP1003'],
  escapes: [`"${fill('\\u0041')}"`, 'KP1012'],
  'a folded text': [`a: >\n${fill(' x\n\n').slice(0, -8)}`, 'KP1010'],
  'a flow list': [`[${fill('a,').slice(0, -8)}`, 'KP1003'],
  'a flat map': [lines(24_000, (at) => `k${at}: v`), 'KP1010'],
  'an alias used often': [`${head}labels:\n  a: &a { x: y }\n${lines(20_000, (at) => `  k${at}: *a`)}\n`, 'KP1003'],
  'merges of merges': [
    `${head}labels:\n  k0: &k0 { x: y }\n${lines(40, (at) => `  k${at + 1}: &k${at + 1} { <<: [*k${at}, *k${at}] }`)}\n`,
    'KP1003',
  ],
  'unknown keys': [`${head}flows:\n - {${lines(20_000, (at) => `engin${at}: 1`).replaceAll('\n', ',')}}\n`, 'KP1010'],
  'huge repetitions': [expressions(40, (at) => `${'(a{30}){30}'.repeat(90)}${at}`), 'KP1003'],
  'one huge repetition': [expressions(1, () => '((a{100}){100}){100}'), 'KP1003'],
  'many classes': [expressions(20_000, (at) => `[a-z]+\\p{Greek}.*t${at}`), 'KP1003'],
  'names against excludes': [
    `${head + flow}    topics: { include: [${lines(10_000, (at) => `${'a'.repeat(20)}${at}`).replaceAll('\n', ',')}], exclude: [${lines(10_000, (at) => `"*a*a*${at}"`).replaceAll('\n', ',')}] }\n`,
    'KP1003',
  ],
  'flows in circles': [twoWays(2000, (at) => `topics: { include: ["a${at}*"] }`), 'KP1115'],
  'growing names in circles': [twoWays(1500, () => 'naming: { prefix: p }, topics: { include: ["*"] }'), 'KP1114'],
  'larger than the limit': [`${fill('a')}aa`, 'KP1003'],
};

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** As large as a plan file may be, each in another shape or encoding. */
const largest: Readonly<Record<string, readonly [text: string | Uint8Array, code?: string]>> = {
  'a valid plan': [largePlan],
  'a valid plan with the line ends of Windows': [
    bytesOf(filled(`${head}labels:\r\n`, (at) => `  k${at}: ${long}\r\n`)),
  ],
  'a valid plan behind a byte order mark': [bytesOf(`\ufeff${largePlan.slice(0, -1000)}`.replace(/\n[^\n]*$/, '\n'))],
  'a plan in UTF-16': [Buffer.from(`\ufeff${largePlan.slice(0, bytesMax / 2 - 1)}`, 'utf16le'), 'KP1002'],
  'a plan in UTF-16 without a mark': [Buffer.from(largePlan.slice(0, bytesMax / 2), 'utf16le'), 'KP1012'],
  'a plan that ends in half a character': [Buffer.concat([bytesOf(largePlan.slice(0, -2)), Buffer.of(0xc3)]), 'KP1002'],
  zeros: [new Uint8Array(bytesMax), 'KP1012'],
  'one flat map': [filled(`${head}labels:\n`, (at) => `  k${at}: ${long}\n`)],
  'one flat map in flow style': [filled(`${head}labels: {`, (at) => `k${at}: ${long}, `, '}\n')],
  'one list': [filled(`${head + flow}    topics:\n      include:\n`, (at) => `        - t${at}${long}\n`)],
  'one scalar': [`${head}description: ${'a '.repeat((bytesMax - head.length) / 2 - 8)}b\n`, 'KP1014'],
  'one literal text': [filled(`${head}description: |\n`, () => '  x\n'), 'KP1014'],
  'one comment': [`${head}# ${'c'.repeat(bytesMax - head.length - 3)}\n`],
  'many comments': [filled(head, (at) => `# ${at} ${long}\n`)],
  'deep flow style': [filled('', () => '[{a: '), 'KP1003'],
  'deep flow style that ends': [
    filled(`${head}labels:\n`, (at) => `  k${at}: ${'['.repeat(60)}${']'.repeat(60)}\n`),
    'KP1003',
  ],
  'many anchors': [filled(`${head}labels:\n`, (at) => `  k${at}: &a${at} ${long}\n`)],
};

for (const [name, [text, code]] of Object.entries({ ...texts, ...largest })) {
  test(name, () => {
    const { diagnostics } = answerTo(text);
    const codes: string[] = diagnostics.map((one) => one.code);
    if (code === undefined) assert.equal(codes, []);
    else assert.ok(codes.includes(code), codes.slice(0, 5).join(' '));
    assert.ok(diagnostics.length <= planFileLimits.diagnosticsMax + 1);
  });
}

test('the largest are as large as a plan file may be, but for a line', () => {
  for (const [name, [text]] of Object.entries(largest)) {
    const bytes = Buffer.byteLength(text);
    assert.ok(bytes <= bytesMax && bytes > bytesMax - 1500, `${name}: ${bytes}`);
  }
});

test.run();
