import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type OffsetsOptions, offsetsArguments } from '../../../src/cli/arguments/offsets.ts';
import { createProgram } from '../../../src/cli/arguments/program.ts';

/** What the command would get, or what commander says instead. */
function parse(...args: readonly string[]): OffsetsOptions | string {
  let said = '';
  const note = (text: string) => {
    said += text;
  };
  const program = createProgram({ stdout: note, stderr: note });
  let options: OffsetsOptions | undefined;
  const command = offsetsArguments.describe(program.command('offsets'));
  command.action(() => {
    options = offsetsArguments.parse(command);
  });
  try {
    program.parse(['offsets', 'plan.yaml', ...args], { from: 'user' });
  } catch (error) {
    return error instanceof Error ? error.message : said;
  }
  return options ?? said;
}

/** Why it is refused. */
function refusal(...args: readonly string[]): string {
  const said = parse(...args);
  return typeof said === 'string' ? said : `nothing is refused: ${args.join(' ')}`;
}

const base = { file: 'plan.yaml', direction: 'to-target', format: 'text' } as const;

test('one question each', () => {
  assert.equal(parse('--group', 'billing'), { ...base, asked: { by: 'group', group: 'billing' } });
  assert.equal(parse('--all-groups', '--flow', 'f'), { ...base, asked: { by: 'all-groups' }, flow: 'f' });
  const place = { by: 'place', topic: 'orders', partition: 3, offset: 2n ** 63n - 1n };
  assert.equal(parse('--topic', 'orders:3', '--at', `${2n ** 63n - 1n}`), { ...base, asked: place });
  assert.equal(parse('--timestamp', '2026-11-01T00:00:00Z', '--back'), {
    ...base,
    direction: 'to-source',
    asked: { by: 'time', timestampMs: 1_793_491_200_000n },
  });
  assert.equal(parse('--timestamp', '12', '--topic', 'orders:1'), {
    ...base,
    asked: { by: 'time', timestampMs: 12n, topic: 'orders', partition: 1 },
  });
});

test('a CSV is answered as CSV, unless another format is given', () => {
  const asked = { by: 'csv', csv: '-' };
  assert.equal(parse('--csv', '-'), { ...base, asked, format: 'csv' });
  assert.equal(parse('--csv', '-', '--format', 'text'), { ...base, asked });
  assert.equal(parse('--csv', '-', '--format', 'json'), { ...base, asked, format: 'json' });
  assert.equal(parse('--group', 'g', '--format', 'csv'), {
    ...base,
    asked: { by: 'group', group: 'g' },
    format: 'csv',
  });
});

test('none or two questions, and halves of one, are refused', () => {
  for (const args of [
    [],
    ['--group', 'a', '--all-groups'],
    ['--group', 'a', '--topic', 'orders:1'],
    ['--topic', 'orders:1'],
    ['--at', '1'],
    ['--topic', 'orders', '--at', '1'],
    ['--csv', '-', '--group', 'a'],
    ['--csv', '-', '--topic', 'orders:1'],
    ['--timestamp', '1', '--topic', 'orders:1', '--at', '1'],
  ]) {
    assert.match(refusal(...args), 'ask in one way', args.join(' '));
  }
});

test('values that are none are refused', () => {
  for (const [args, says] of [
    [['--topic', 'orders:3', '--at', 'abc'], 'It must be an offset'],
    [['--topic', 'orders:3', '--at', '-1'], 'It must be an offset'],
    [['--topic', 'orders:3', '--at', `${2n ** 63n}`], 'It must be an offset'],
    [['--topic', 'or ders:3', '--at', '1'], 'It must be TOPIC:PARTITION'],
    [['--topic', 'orders:x', '--at', '1'], 'It must be TOPIC:PARTITION'],
    [['--timestamp', 'yesterday'], 'It must be a time such as'],
    [['--timestamp', '2026-02-30T00:00:00Z'], 'It must be a time such as'],
    [['--timestamp', '2026-11-01T00:00:00'], 'It must be a time such as'],
    [['--write', 'mirrormaker1'], 'Allowed choices are mirrormaker2'],
    [['--write', 'mirrormaker2', '--source-alias', 'a b'], 'It must be a name that a topic can have'],
    [['--write', 'mirrormaker2', '--offset-syncs', 'here'], 'Allowed choices are source, target, none'],
  ] as const) {
    assert.match(refusal(...args), says, args.join(' '));
  }
});

test('a write takes groups, all of them where none is named, and is asked for by --write alone', () => {
  const write = { format: 'mirrormaker2', autoApprove: false, offsetSyncs: 'source' };
  assert.equal(parse('--write', 'mirrormaker2'), { ...base, asked: { by: 'all-groups' }, write });
  assert.equal(parse('--write', 'mirrormaker2', '--group', 'g', '--auto-approve', '--source-alias', 'dc'), {
    ...base,
    asked: { by: 'group', group: 'g' },
    write: { ...write, autoApprove: true, sourceAlias: 'dc' },
  });
  assert.match(refusal('--write', 'mirrormaker2', '--back'), "takes the groups' offsets");
  for (const args of [
    ['--csv', '-'],
    ['--topic', 'orders:1', '--at', '1'],
  ]) {
    assert.type(parse('--write', 'mirrormaker2', ...args), 'string', args.join(' '));
  }
  for (const flag of [
    ['--auto-approve'],
    ['--source-alias', 'a'],
    ['--target-alias', 'a'],
    ['--offset-syncs', 'none'],
  ]) {
    assert.match(refusal('--group', 'g', ...flag), 'go with --write', flag.join(' '));
  }
});

test.run();
