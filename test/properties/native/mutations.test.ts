import { equal, notEqual, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { test } from 'uvu';
import { mutations } from '../../simulation/mutations.ts';
import { seedOfRun } from '../../simulation/random.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const long = process.env.KPLAN_TEST_LONG === '1';

test('each mistake can still be made', () => {
  for (const { name, file, from } of mutations) {
    equal(readFileSync(`${root}${file}`, 'utf8').split(from).length, 2, `${name}: "${from}" stands once in ${file}`);
  }
});

/** All of them with --long, else one, drawn from the seed. */
const chosen = long ? [...mutations.keys()] : [seedOfRun() % mutations.length];

for (const index of chosen) {
  test(`the simulation notices that ${mutations[index]?.name}`, async () => {
    const hook = new URL('../../simulation/mutate-engine.ts', import.meta.url).href;
    const settings = JSON.stringify(mutations[index]?.settings ?? {});
    const runs = { KPLAN_TEST_SEED: '1', KPLAN_TEST_HISTORIES: '400', KPLAN_TEST_SETTINGS: settings };
    const env = { KPLAN_TEST_MUTATION: String(index), ...runs };
    const args = ['--import', hook, `${root}test/properties/native/simulation.test.ts`];
    const { exitCode, stdout } = await execa(process.execPath, args, { env, reject: false });
    notEqual(exitCode, 0);
    ok(stdout.includes('replay with KPLAN_TEST_SEED='), stdout);
  });
}

test.run();
