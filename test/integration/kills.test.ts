import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sharedClusters } from '../clusters/shared.ts';
import { expectMirrored } from '../fixtures/chaos/expect-mirrored.ts';
import { commitAlong, endsOf, misplacedCommits } from '../fixtures/kills/group-positions.ts';
import { type ApplyPlace, killApply, type Moment, runKplan, startApply } from '../fixtures/kills/kill-apply.ts';
import { openLogEnds } from '../fixtures/kills/log-ends.ts';
import { createSourceTopics, type SourceTopic } from '../fixtures/kills/source-topics.ts';
import { startSourceWriter } from '../fixtures/kills/source-writer.ts';
import { uniqueName } from '../fixtures/records.ts';
import { createRandom, type Random, seedOfRun } from '../simulation/random.ts';

/** Twenty take about four minutes. */
const killsWanted = process.env.KPLAN_TEST_LONG === '1' ? 60 : 20;
const attemptsMax = killsWanted * 4;
const killingMsMax = killsWanted * 40_000;
/** How often each moment comes. Kills at a commit often, those while groups are brought along always, hit no records. */
const moments: readonly Moment[] = [
  ...(['first-record', 'first-record', 'later', 'later', 'later', 'renewal', 'renewal', 'renewal'] as const),
  ...(['commit', 'groups'] as const),
];
const seed = seedOfRun();

interface Wanted {
  readonly name: string;
  readonly topics: readonly SourceTopic[];
  readonly source: readonly string[];
  readonly target: readonly string[];
}

/** A fetch so small brings one batch: the mirror is at work for seconds. */
function planText({ name, topics, source, target }: Wanted, random: Random): string {
  const fetchMaxBytes = random.pick([1_024, 1_024, 1_024, 8_192, 16_777_216]);
  const commitIntervalMs = random.pick([100, 500, 1_000, 1_000, 3_000]);
  return `version: 1
name: ${name}
clusters:
  old: { bootstrap: ${JSON.stringify(source)} }
  new: { bootstrap: ${JSON.stringify(target)} }
flows:
  - name: old-to-new
    source: old
    target: new
    topics: { include: ${JSON.stringify(topics.map(({ topic }) => topic))} }
    groups: { include: ["${name}-*"] }
    tuning: { fetchMaxBytes: ${fetchMaxBytes}, commitIntervalMs: ${commitIntervalMs} }
`;
}

/** Where consumers stand, in percent of the way to the end: they go on while the source is written to. */
const groupPercents = [0, 35, 80, 100] as const;

async function commitGroups({ name, topics, source }: Wanted) {
  const ends = await endsOf(source, topics);
  const groups = groupPercents.map(async (percent) => {
    const group = `${name}-${percent}`;
    return { group, commits: await commitAlong(source, group, ends, percent) };
  });
  return Promise.all(groups);
}

/** Kills until enough of them hit records in flight. */
async function killUntilEnough(place: ApplyPlace, wanted: Wanted, random: Random): Promise<void> {
  const deadlineMs = performance.now() + killingMsMax;
  let counted = 0;
  for (let attempt = 1; counted < killsWanted; attempt += 1) {
    const inTime = attempt <= attemptsMax && performance.now() < deadlineMs;
    assert.ok(inTime, `${counted} of ${killsWanted} kills count after ${attempt - 1} attempts`);
    await writeFile(join(place.folder, place.planFile), planText(wanted, random));
    await commitGroups(wanted);
    const startedAt = performance.now();
    const end = await killApply(place, random.pick(moments), random);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    if (end.ended === 'by-itself') assert.is(end.exitCode, 0, end.output);
    const inFlight = end.ended === 'killed' ? end.inFlight : 0n;
    if (inFlight > 0n) counted += 1;
    const what = end.ended === 'killed' ? `killed (${end.moment}), ${inFlight} in flight` : 'came to its end';
    say(`attempt ${attempt}, ${seconds} s: ${what}; ${counted} count`);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Everything is there once and in order, and something was aborted on the way. */
async function expectKilled({ topics, source, target }: Wanted, written: ReadonlyMap<string, number>) {
  const { compared, records, abortedCopies } = await expectMirrored(source, target, topics, written);
  assert.ok(abortedCopies > 0, 'the kills left records of aborted transactions');
  say(`${records} records are there once and in order; ${abortedCopies} copies were aborted on the way`);
  return compared;
}

test(`killed ${killsWanted} times with records in flight, nothing is lost, doubled or out of order`, async () => {
  say(`KPLAN_TEST_SEED=${seed}`);
  const random = createRandom(seed);
  const { source, target } = await sharedClusters();
  const topics = await createSourceTopics(source.bootstrap);
  const name = uniqueName('kills');
  const folder = await mkdtemp(join(tmpdir(), 'kplan-kills-'));
  const ends = openLogEnds(target.bootstrap);
  const writer = startSourceWriter(source.bootstrap, topics, createRandom(seed + 1));
  const wanted = { name, topics, source: source.bootstrap, target: target.bootstrap };
  const place = { folder, planFile: 'plan.yaml', name, targetTopics: topics.map(({ topic }) => topic), ends };
  try {
    await killUntilEnough(place, wanted, random);
    assert.ok(writer.isWriting(), 'the source was written to until the last kill');
    const committed = await writer.stop();
    const groups = await commitGroups(wanted);
    const last = await startApply(place);
    assert.is(last.exitCode, 0, last.all);
    const compared = await expectKilled(wanted, committed);
    const verified = await runKplan(folder, ['verify', place.planFile]);
    assert.is(verified.exitCode, 0, verified.all);
    for (const { group, commits } of groups) {
      assert.equal(await misplacedCommits(target.bootstrap, group, commits, compared), []);
    }
  } finally {
    await writer.stop().catch(() => undefined);
    await ends.close();
    await rm(folder, { recursive: true });
  }
});

test.run();
