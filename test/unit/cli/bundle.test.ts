import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bundle } from '../../../ci/bundle.ts';

/** The program as `npm run build` makes it says what its sources say. */
const test = suite('bundle');
const root = join(import.meta.dirname, '../../..');
const built = join(root, 'dist/bin/kplan.js');
const sources = join(root, 'src/cli/main.ts');
const state = { folder: '' };

test.before(async () => {
  await bundle();
  state.folder = await mkdtemp(join(tmpdir(), 'kplan-bundle-'));
});

test.after(() => rm(state.folder, { recursive: true, force: true }));

async function outputs(args: readonly string[]) {
  const [ofBuilt, ofSources] = await Promise.all(
    [built, sources].map((main) => execa(process.execPath, [main, ...args], { reject: false, cwd: root })),
  );
  const shown = ({ stdout, stderr, exitCode }: NonNullable<typeof ofBuilt>) => ({ stdout, stderr, exitCode });
  assert.ok(ofBuilt !== undefined && ofSources !== undefined);
  assert.equal(shown(ofBuilt), shown(ofSources));
  return ofBuilt;
}

test('help, findings and reports are those of the sources', async () => {
  assert.match((await outputs(['--help'])).stdout, 'Usage: kplan');
  assert.match((await outputs(['validate', 'plans/dc-to-msk.yaml'])).stdout, 'plans/dc-to-msk.yaml: valid');
  assert.match((await outputs(['validate', 'plans', '--format', 'junit'])).stdout, '<testsuites');
  assert.match((await outputs(['validate', 'plans', '--format', 'sarif'])).stdout, '"version": "2.1.0"');
});

test('each command that asks a cluster has its client', async () => {
  const file = join(state.folder, 'plan.yaml');
  await writeFile(file, planOfNobody);
  for (const command of ['plan', 'apply', 'drift', 'status', 'verify', 'offsets']) {
    const more = command === 'offsets' ? ['--group', 'billing'] : [];
    const { exitCode, stderr, stdout } = await execa(process.execPath, [built, command, file, ...more], {
      reject: false,
    });
    assert.is(exitCode, 1, command);
    assert.match(`${stdout}${stderr}`, 'KP3001', command);
  }
});

/** Nobody listens at port 1. */
const planOfNobody = `
version: 1
name: nobody
state: { cluster: msk }
clusters: { dc: { bootstrap: ["127.0.0.1:1"] }, msk: { bootstrap: ["127.0.0.1:1"] } }
flows: [{ name: f, source: dc, target: msk, topics: { include: ["*"] }, groups: { include: ["*"] } }]
`;

test.run();
