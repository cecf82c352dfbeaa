/**
 * Kafka 3.9 and 4.1, three brokers each: every resource, and every way in which it changes. The rows stand in the files
 * beside; each is planned, applied, planned again and asked for drift.
 */
import { test } from 'uvu';
import { type PlanPlace, planPlace } from '../../fixtures/apply/plan-place.ts';
import { createRandom, seedOfRun } from '../../simulation/random.ts';
import { aclSteps } from './acls.ts';
import { login, type MatrixCluster, startMatrix, stopMatrix, versions } from './clusters.ts';
import { findsPartitionsAdded, findsWhatToolsDid } from './drift.ts';
import { flowSteps } from './flows.ts';
import { importsToNoChanges, importsWhatOneMayRead } from './import.ts';
import { isResumedWhenKilled } from './killed.ts';
import { quotaSteps } from './quotas.ts';
import { flowMoved, namesEveryMove, oneMoveIsEnough, sourceMoved, unrelatedMovesDoNotMatter } from './stale.ts';
import { type Step, walk } from './step.ts';
import { topicSteps } from './topics.ts';

const clusters = await startMatrix();
const places: PlanPlace[] = [];

async function placed(prefix: string, used: Readonly<Record<string, MatrixCluster>>): Promise<PlanPlace> {
  const place = await planPlace({ prefix, clusters: used, login });
  places.push(place);
  return place;
}

test.after(async () => {
  await stopMatrix(clusters);
  await Promise.all(places.map((place) => place.remove()));
});

for (const version of versions) {
  const only = clusters[version];
  const from = clusters[version === '3.9' ? '4.1' : '3.9'];
  const both = { from, only };
  const chains: Readonly<Record<string, readonly [readonly Step[], Readonly<Record<string, MatrixCluster>>]>> = {
    topics: [topicSteps(only.live), { only }],
    acls: [aclSteps(only.live), { only }],
    quotas: [quotaSteps(only.live), { only }],
    flows: [flowSteps(from, only), both],
  };
  for (const [prefix, [steps, used]] of Object.entries(chains)) {
    const place = await placed(prefix, used);
    for (const step of steps) test(`${version}, ${prefix}: ${step.what}`, () => walk(place, only.live, step));
  }

  test(`${version}, stale: every difference is named, and nothing is done`, async () => {
    await namesEveryMove(await placed('stale', { only }), only);
  });
  test(`${version}, stale: one move is enough`, async () => {
    await oneMoveIsEnough(await placed('stale', { only }), only);
  });
  test(`${version}, stale: a flow redefined by another apply`, async () => {
    await flowMoved(await placed('stale', both));
  });
  test(`${version}, stale: a source that moved`, async () => {
    await sourceMoved(await placed('stale', both), from, only);
  });
  test(`${version}, stale: what the plan does not speak of may move`, async () => {
    await unrelatedMovesDoNotMatter(await placed('stale', both), from, only);
  });
  test(`${version}, drift: what Kafka's own tools do is found and set back`, async () => {
    await findsWhatToolsDid(await placed('drift', both), from, only);
  });
  test(`${version}, drift: partitions added by Kafka's own tool`, async () => {
    await findsPartitionsAdded(await placed('drift', { only }), only);
  });
  test(`${version}, import: everything that lives there plans to no changes`, async () => {
    await importsToNoChanges(await placed('import', { only }), only);
  });
  test(`${version}, import: what a user may read, and no more`, async () => {
    await importsWhatOneMayRead(await placed('import', { only }), only);
  });
}

test('a saved plan of sixty changes, killed at one step after the other, is carried out to its end', async () => {
  const random = createRandom(seedOfRun());
  await Promise.all(
    versions.map(async (version) => {
      const only = clusters[version];
      await isResumedWhenKilled(await placed('killed', { only }), only, random);
    }),
  );
});

test.run();
