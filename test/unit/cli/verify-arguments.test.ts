import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createProgram } from '../../../src/cli/arguments/program.ts';
import { type VerifyOptions, verifyArguments } from '../../../src/cli/arguments/verify.ts';

function parsed(...args: readonly string[]): VerifyOptions {
  const program = createProgram({ stdout: () => {}, stderr: () => {} });
  const command = verifyArguments.describe(program.command('verify')).action(() => {});
  program.parse(['verify', 'plan.yaml', ...args], { from: 'user' });
  return verifyArguments.parse(command);
}

test('without flags everything is compared', () => {
  assert.equal(parsed(), { file: 'plan.yaml', format: 'text', scope: { kind: 'all' } });
  assert.is(parsed('--full').full, true);
});

test('a share, a time, offsets or a duration make the scope', () => {
  assert.equal(parsed('--sample', '2.5%').scope, { kind: 'sample', share: 0.025 });
  assert.equal(parsed('--sample', '100%', '--seed', '7').scope, { kind: 'sample', share: 1, seed: 7 });
  const timestampMs = Date.UTC(2026, 10, 1, 12);
  assert.equal(parsed('--since', '2026-11-01T12:00:00Z').scope, { kind: 'since', timestampMs });
  assert.equal(parsed('--since', '2026-11-01T13:00:00+01:00').scope, { kind: 'since', timestampMs });
  assert.equal(parsed('--tail', '100000').scope, { kind: 'tail', offsets: 100_000n });
  assert.equal(parsed('--tail', '15m').scope, { kind: 'tail', seconds: 900 });
});

for (const args of [
  ['--sample', '5'],
  ['--sample', '0%'],
  ['--sample', '101%'],
  ['--since', 'yesterday'],
  ['--since', '2026-11-01T12:00:00'],
  ['--tail', '0'],
  ['--tail', '2d'],
  ['--seed', '7'],
  ['--sample', '5%', '--tail', '5'],
]) {
  test(`refused: ${args.join(' ')}`, () => assert.throws(() => parsed(...args)));
}

test.run();
