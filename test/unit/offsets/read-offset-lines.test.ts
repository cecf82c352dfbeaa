import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { offsetLinesLimits, readOffsetLines } from '../../../src/offsets/read-offset-lines.ts';

function linesOf(text: string) {
  const read = readOffsetLines(text, 'a.csv');
  if ('diagnostics' in read) throw new Error(read.diagnostics.map((one) => one.summary).join('\n'));
  return read.lines;
}

function mistakesOf(text: string) {
  const read = readOffsetLines(text, 'a.csv');
  return 'diagnostics' in read ? read.diagnostics : [];
}

test('with and without a header, quotes, a byte order mark, CRLF and empty lines', () => {
  const wanted = [
    { topic: 'orders', partition: 0, offset: 12n },
    { topic: 'orders.v2', partition: 13, offset: 9223372036854775807n },
  ];
  for (const text of [
    'orders,0,12\norders.v2,13,9223372036854775807\n',
    '\uFEFFtopic,partition,offset\r\norders,0,12\r\n\r\norders.v2,13,9223372036854775807',
    '"Topic","Partition","Offset"\n"orders","0","12"\n orders.v2 , 13 , 9223372036854775807 \n\n',
    'offset,topic,partition\n12,orders,0\n9223372036854775807,orders.v2,13\n',
  ]) {
    assert.equal(
      linesOf(text).map(({ line: _line, ...rest }) => rest),
      wanted,
      text,
    );
  }
});

test('lines are told as an editor counts them', () => {
  assert.equal(
    linesOf('topic,partition,offset\n\norders,0,1\n\norders,1,2\n').map((one) => one.line),
    [3, 5],
  );
});

test('every mistake is told by its line, and nothing is read then', () => {
  const text =
    'orders,0,1\norders,0\norders,x,1\norders,0,1.5\norders,0,9223372036854775808\nor ders,0,1\norders,0,1,2\n';
  assert.equal(
    mistakesOf(text).map((one) => [one.code, one.file, one.line, one.summary]),
    [
      ['KP6040', 'a.csv', 2, 'Line 2 has 2 values where topic, partition and offset are wanted.'],
      ['KP6040', 'a.csv', 3, 'Line 3: "x" is no partition: it must be a whole number.'],
      ['KP6040', 'a.csv', 4, 'Line 4: "1.5" is no offset: it must be a whole number of at most 63 bits.'],
      [
        'KP6040',
        'a.csv',
        5,
        'Line 5: "9223372036854775808" is no offset: it must be a whole number of at most 63 bits.',
      ],
      ['KP6040', 'a.csv', 6, 'Line 6: "or ders" is no name of a topic.'],
      ['KP6040', 'a.csv', 7, 'Line 7 has 4 values where topic, partition and offset are wanted.'],
    ],
  );
});

test('an offset below 0 is none: what Flink writes for "from the start" is not one', () => {
  assert.match(mistakesOf('orders,0,-2\n')[0]?.summary ?? '', 'no offset');
});

test('many mistakes are counted, too many lines refused, nothing is an error', () => {
  const many = mistakesOf('x\n'.repeat(offsetLinesLimits.mistakesShownMax + 5));
  assert.is(many.length, offsetLinesLimits.mistakesShownMax + 1);
  assert.match(many.at(-1)?.summary ?? '', '5 lines more');
  const full = 'orders,0,1\n'.repeat(offsetLinesLimits.linesMax);
  assert.is(linesOf(full).length, offsetLinesLimits.linesMax);
  assert.match(mistakesOf(`${full}orders,0,1\n`)[0]?.summary ?? '', 'more than 100000 lines');
  for (const empty of ['', '\n\n', 'topic,partition,offset\n']) {
    assert.match(mistakesOf(empty)[0]?.summary ?? '', 'no line with an offset', JSON.stringify(empty));
  }
});

test('any text is read or refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab,"\r\n0129.-\uFEFF') }), (text) => {
      const read = readOffsetLines(text, 'a.csv');
      if ('diagnostics' in read) assert.ok(read.diagnostics.length > 0);
      else for (const { line } of read.lines) assert.ok(line >= 1 && line <= text.split('\n').length);
    }),
  );
});

test.run();
