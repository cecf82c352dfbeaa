import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { validatePlanFile } from '../../../src/plan-file/check.ts';
import { planFileLimits } from '../../../src/plan-file/limits.ts';

/** What a plan file may cost at most, whatever it holds; in CPU time, since tests share the machine. */
const answerMs = 3000;
const { bytesMax } = planFileLimits;
const head = 'version: 1\nname: case\nclusters:\n  a: { bootstrap: ["a:1"] }\n  b: { bootstrap: ["b:1"] }\n';
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
  'many labels': [`${head}labels:\n${lines(24_000, (at) => `  k${at}: v`)}\n`],
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

for (const [name, [text, code]] of Object.entries(texts)) {
  test(name, () => {
    const begun = process.cpuUsage();
    const { diagnostics } = validatePlanFile(text, 'plan.yaml');
    const { user, system } = process.cpuUsage(begun);
    const tookMs = (user + system) / 1000;
    assert.ok(tookMs < answerMs, `took ${Math.round(tookMs)} ms`);
    const codes: string[] = diagnostics.map((one) => one.code);
    if (code === undefined) assert.equal(codes, []);
    else assert.ok(codes.includes(code), codes.slice(0, 5).join(' '));
    assert.ok(diagnostics.length <= planFileLimits.diagnosticsMax + 1);
  });
}

test.run();
