import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sharedClusters } from '../clusters/shared.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { startKplan } from '../fixtures/apply/run-kplan.ts';
import { type Delivery, deliveries } from '../fixtures/chaos/trial.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type ContinuingGroups, continuingGroups } from '../fixtures/kills/continuing-groups.ts';
import { type ApplyPlace, killApply, leaseSecondsMin, type Moment, startApply } from '../fixtures/kills/kill-apply.ts';
import { openLogEnds } from '../fixtures/kills/log-ends.ts';
import { createNumberedTopics, startNumberedWriter } from '../fixtures/kills/numbered-writer.ts';
import { uniqueName } from '../fixtures/records.ts';
import { createRandom, type Random, seedOfRun } from '../simulation/random.ts';

const isLong = process.env.KPLAN_TEST_LONG === '1';
const groupsWanted = 200;
const topicsWanted = 20;
/** Each under the other delivery than the one before, followed by a look at where every group stands. */
const stages: readonly (Moment | 'while-followed')[] = isLong
  ? [
      ...(['among-groups', 'later', 'among-groups', 'while-followed', 'commit', 'among-groups'] as const),
      ...(['while-followed', 'among-groups', 'renewal', 'groups', 'while-followed', 'among-groups'] as const),
    ]
  : ['among-groups', 'later', 'among-groups'];
/** An apply that was done before it was to be killed is started again so often. */
const attemptsMax = 5;
const followedSecondsMin = 12;
const followedSecondsMax = 25;
const seed = seedOfRun();

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A process that follows is killed after a while; its groups move meanwhile. */
async function killFollower({ folder, planFile }: ApplyPlace, groups: ContinuingGroups, random: Random): Promise<void> {
  const leasing = ['--lease-seconds', String(leaseSecondsMin), '--lock-timeout', String(leaseSecondsMin * 3)];
  const kplan = startKplan(['apply', planFile, '--auto-approve', '--follow', ...leasing, '--format', 'json'], folder);
  await eventually('it follows', 90_000, () => {
    if (kplan.child.exitCode !== null) throw new Error(kplan.out() + kplan.err());
    return kplan.out().includes('"event":"follow_start"');
  });
  const untilMs = performance.now() + random.between(followedSecondsMin, followedSecondsMax) * 1_000;
  while (performance.now() < untilMs) {
    await groups.move();
    await pause(random.between(500, 3_000));
  }
  kplan.child.kill('SIGKILL');
  await kplan.exited;
}

async function killOne(place: ApplyPlace, moment: Moment, groups: ContinuingGroups, random: Random): Promise<void> {
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const end = await killApply(place, moment, random);
    if (end.ended === 'killed') return;
    assert.is(end.exitCode, 0, end.output);
    await groups.move();
  }
  assert.unreachable(`it was never killed at its moment (${moment})`);
}

test(`${groupsWanted} groups on ${topicsWanted} topics continue at their next record, whoever is killed meanwhile`, async () => {
  say(`KPLAN_TEST_SEED=${seed}`);
  const random = createRandom(seed);
  const { target } = await sharedClusters();
  const source = await startCluster({
    name: 'numbered',
    version: '3.9',
    properties: { 'log.cleaner.backoff.ms': 100 },
  });
  const topics = await createNumberedTopics(source.bootstrap, topicsWanted, random);
  const name = uniqueName('continue');
  const folder = await mkdtemp(join(tmpdir(), 'kplan-continue-'));
  const ends = openLogEnds(target.bootstrap);
  const writer = startNumberedWriter(source.bootstrap, topics, createRandom(seed + 1));
  const groups = continuingGroups(source.bootstrap, name, groupsWanted, topics, writer, createRandom(seed + 2));
  const place = { folder, planFile: 'plan.yaml', name, targetTopics: topics.map(({ topic }) => topic), ends };
  const writePlan = (delivery: Delivery) =>
    writeFile(
      join(folder, place.planFile),
      `version: 1
name: ${name}
clusters:
  old: { bootstrap: ${JSON.stringify(source.bootstrap)} }
  new: { bootstrap: ${JSON.stringify(target.bootstrap)} }
defaults: { config: { inherit: none, set: { retention.ms: -1 } } }
flows:
  - name: f
    source: old
    target: new
    topics: { include: ${JSON.stringify(place.targetTopics)} }
    groups: { include: ["${name}-*"] }
    delivery: ${delivery}
    tuning: { fetchMaxBytes: 65536, commitIntervalMs: 300 }
`,
    );
  try {
    for (const [index, stage] of stages.entries()) {
      const startedAt = performance.now();
      const delivery = deliveries[(index + seed) % deliveries.length] ?? 'transactional';
      await writePlan(delivery);
      await groups.move();
      if (stage === 'while-followed') await killFollower(place, groups, random);
      else await killOne({ ...place, delivery }, stage, groups, random);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      assert.equal(await groups.misplaced(target.bootstrap, 'once'), [], stage);
      say(`killed (${stage}, ${delivery}), ${seconds} s: every commit on the target is right`);
    }
    assert.ok(writer.isWriting(), 'the source was written to until the last kill');
    await writer.stop();
    await groups.move();
    const last = await startApply(place);
    assert.is(last.exitCode, 0, last.all);
    assert.equal(await groups.misplaced(target.bootstrap, 'now'), []);
    say(`${groups.names.length} groups continue at exactly their next record`);
  } finally {
    await writer.stop().catch(() => undefined);
    await ends.close();
    await rm(folder, { recursive: true });
    await source.stop();
  }
});

test.run();
