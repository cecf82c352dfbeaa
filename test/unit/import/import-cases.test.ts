import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { snapshotFromJson } from '../../../src/cluster/snapshot-json.ts';
import { importPlanFile } from '../../../src/import/import-plan-file.ts';
import { planned } from '../planner/plan-case.ts';

/** Each folder holds clusters/<cluster>.json and, in plan.yaml, what import makes of them. UPDATE_GOLDEN=1 rewrites it. */
const casesFolder = join(import.meta.dirname, '../../cases/import');
const updates = process.env.UPDATE_GOLDEN === '1';

for (const name of readdirSync(casesFolder).sort()) {
  test(name, () => {
    const folder = join(casesFolder, name);
    const files = readdirSync(join(folder, 'clusters')).sort();
    const snapshots = new Map(
      files.map((file) => {
        const cluster = basename(file, '.json');
        return [cluster, snapshotFromJson(cluster, readFileSync(join(folder, 'clusters', file), 'utf8'))];
      }),
    );
    const clusters = Object.fromEntries([...snapshots.keys()].map((one) => [one, { bootstrap: [`${one}:9092`] }]));
    const imported = importPlanFile({ name: 'imported', clusters, snapshots, isWanted: () => true });
    assert.ok('text' in imported);
    if (updates) writeFileSync(join(folder, 'plan.yaml'), imported.text);
    assert.fixture(imported.text, readFileSync(join(folder, 'plan.yaml'), 'utf8'));
    const plan = planned({ text: imported.text, snapshots });
    assert.equal(plan.changes, []);
    assert.equal(
      plan.diagnostics.filter((one) => one.severity === 'error'),
      [],
    );
  });
}

test.run();
