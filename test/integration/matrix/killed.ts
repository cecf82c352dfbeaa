import { setTimeout as pause } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { PlanPlace } from '../../fixtures/apply/plan-place.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { runKplan } from '../../fixtures/kills/kill-apply.ts';
import type { Random } from '../../simulation/random.ts';
import { login, type MatrixCluster } from './clusters.ts';
import { isSettled } from './step.ts';

const killsWanted = 4;
/** A program that has not come to the moment by then is killed all the same. */
const momentMsMax = 60_000;
const laterMsMax = 25;

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const topic = (name: string, partitions: number, retentionMs: number) => ({
  name: `killed-${name}`,
  partitions,
  replicationFactor: 3,
  config: { 'retention.ms': retentionMs },
});
const acl = (name: string, state: object = {}) => ({
  principal: `User:killed-${name}`,
  resource: { type: 'topic', name: `killed-${name}` },
  operations: ['read'],
  ...state,
});
const quota = (name: string, of: object) => ({ entity: { user: `killed-${name}` }, ...of });
const absent = { state: 'absent' };

/** What there is before, and what is wanted then: sixty changes of every kind. */
const before = {
  topics: {
    only: [
      ...numbers(8).map((n) => topic(`grown-${n}`, 1, 1000)),
      ...numbers(8).map((n) => topic(`set-${n}`, 1, 1000)),
      ...numbers(5).map((n) => topic(`gone-${n}`, 1, 1000)),
    ],
  },
  acls: { only: numbers(8).map((n) => acl(`gone-${n}`)) },
  quotas: {
    only: numbers(8).map((n) => quota(`set-${n}`, { limits: { producer_byte_rate: 10, consumer_byte_rate: 10 } })),
  },
};
const after = {
  topics: {
    only: [
      ...numbers(10).map((n) => topic(`made-${n}`, 2, 1000)),
      ...numbers(8).map((n) => topic(`grown-${n}`, 3, 2000)),
      ...numbers(8).map((n) => topic(`set-${n}`, 1, 2000)),
      ...numbers(5).map((n) => ({ name: `killed-gone-${n}`, ...absent })),
    ],
  },
  acls: { only: [...numbers(8).map((n) => acl(`gone-${n}`, absent)), ...numbers(8).map((n) => acl(`made-${n}`))] },
  quotas: {
    only: [
      ...numbers(4).map((n) => quota(`set-${n}`, { limits: { producer_byte_rate: 11 } })),
      ...numbers(4).map((n) => quota(`set-${n + 4}`, absent)),
      ...numbers(5).map((n) => quota(`made-${n}`, { limits: { request_percentage: 50 } })),
    ],
  },
  policies: { deleteTopics: 'allow' },
};
const changesWanted = 60;

function applySaved({ directory }: PlanPlace) {
  const leasing = ['--lease-seconds', '5', '--lock-timeout', '15'];
  const environment = { PLACE_PASSWORD: login.password };
  return runKplan(directory, ['apply', 'saved.kplan.json', ...leasing, '--format', 'json'], environment);
}

/** Kills the apply a little after it says that this step begins or is done. True where it had not come to its end. */
async function killAt(place: PlanPlace, words: readonly string[], laterMs: number): Promise<boolean> {
  const running = applySaved(place);
  let output = '';
  let alive = true;
  running.all.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const gone = running.finally(() => {
    alive = false;
  });
  const lineSays = (line: string) => words.every((word) => line.includes(word));
  await eventually('the moment', momentMsMax, () => !alive || output.split('\n').some(lineSays));
  await pause(laterMs);
  running.kill('SIGKILL');
  return (await gone).signal === 'SIGKILL';
}

/** Killed again and again, each time at another step, the saved plan is carried out to its end by the next apply. */
export async function isResumedWhenKilled(place: PlanPlace, { live }: MatrixCluster, random: Random): Promise<void> {
  await place.write(before);
  const prepared = await place.apply();
  assert.is(prepared.code, 0, prepared.printed);
  await place.write(after);
  const planned = await place.plan('saved.kplan.json', 'json');
  const { summary, steps } = JSON.parse(planned.io.out());
  assert.is(summary.create + summary.update + summary.delete, changesWanted, planned.printed);

  let killed = 0;
  for (const kill of numbers(killsWanted)) {
    // The first one must not come too late.
    const left = kill === 0 ? steps.slice(0, steps.length / 2) : steps;
    const step = random.pick<{ readonly id: string }>(left).id;
    const moment = [`"${step}"`, random.pick(['"step_start"', '"step_done"'])];
    if (await killAt(place, moment, random.between(0, laterMsMax))) killed += 1;
  }
  assert.ok(killed > 0, 'it was killed before its end');
  const resumed = await applySaved(place);
  assert.is(resumed.exitCode, 0, resumed.all);
  await isSettled(place);
  await live.seenByAll();
  for (const { name, partitions } of after.topics.only.filter((one) => 'partitions' in one)) {
    assert.is((await live.topic(name))?.partitions, partitions);
  }
  assert.equal(await live.acls('killed-'), [
    ...numbers(8).map((n) => `User:killed-made-${n} topic literal killed-made-${n} read allow *`),
  ]);
}
