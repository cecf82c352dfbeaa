import { setTimeout as wait } from 'node:timers/promises';
import { execa } from 'execa';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const terminal = new URL('../../../src/cli/terminal.ts', import.meta.url).href;
/** Longer than connections may linger after a command's work. */
const slowReaderMs = 3_000;

/** A process that has `terminal.ts` as `kplan`, and `script` as its work. */
function run(script: string, { input = '', stdout = '' } = {}) {
  const whole = `const kplan = await import(${JSON.stringify(terminal)}); kplan.outliveOutput(); ${script}`;
  const args = [process.execPath, '--input-type=module', '--eval', whole];
  return execa('sh', ['-c', `exec "$0" "$@" ${stdout}`, ...args], { reject: false, input });
}

/** A terminal as far as the process can see, with `keys` typed into it. */
async function confirmed(keys: string) {
  const script = `
    for (const stream of [process.stdin, process.stdout, process.stderr]) stream.isTTY = true;
    const io = kplan.terminalIo({ color: false, logLevel: 'info' });
    const answer = await io.confirm('Apply this plan?');
    await kplan.exitWith(0);
    process.stdout.write(JSON.stringify({ answer, interrupt: io.signal.reason ?? null }));`;
  const { stdout, exitCode } = await run(script, { input: keys });
  assert.is(exitCode, 0);
  return JSON.parse(stdout.slice(stdout.lastIndexOf('{"answer"')));
}

test('a slow reader gets all that was printed', async () => {
  const bytes = 4 * 1024 * 1024;
  const process = run(`kplan.writeOut('x'.repeat(${bytes})); await kplan.exitWith(3);`);
  process.stdout?.pause();
  await wait(slowReaderMs);
  process.stdout?.resume();
  const { stdout, exitCode } = await process;
  assert.is(stdout.length, bytes);
  assert.is(exitCode, 3);
});

test('a full disk under stdout is told, without a stack, and is no success', async () => {
  const script = `kplan.writeOut('x'); kplan.writeOut('y'); await kplan.exitWith(0);`;
  const { stderr, exitCode } = await run(script, { stdout: '> /dev/full' });
  assert.is(exitCode, 1);
  assert.match(stderr, /^error: the output can not be written: .*ENOSPC.*$/);
});

test('only yes is a yes; Ctrl-C is an interrupt, Ctrl-D a no', async () => {
  assert.equal(await confirmed('yes\n'), { answer: true, interrupt: null });
  assert.equal(await confirmed('y\n'), { answer: false, interrupt: null });
  assert.equal(await confirmed('\u0003'), { answer: false, interrupt: { signal: 'SIGINT' } });
  assert.equal(await confirmed('\u0004'), { answer: false, interrupt: null });
});

test('--log-level leaves out what is below it, errors never', async () => {
  const levels = ['error', 'warn', 'info', 'debug'];
  const script = `
    const { isTold } = await import(${JSON.stringify(new URL('io.ts', terminal).href)});
    const told = (logLevel, severity) => isTold(kplan.terminalIo({ color: false, logLevel }), severity);
    process.stdout.write(JSON.stringify(${JSON.stringify(levels)}.map((level) =>
      ['error', 'warning', 'note'].filter((severity) => told(level, severity)))));`;
  assert.equal(JSON.parse((await run(script)).stdout), [
    ['error'],
    ['error', 'warning'],
    ['error', 'warning', 'note'],
    ['error', 'warning', 'note'],
  ]);
});

test.run();
