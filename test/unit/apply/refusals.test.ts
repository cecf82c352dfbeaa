import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Live, lookAt } from '../../../runner/run/look.ts';
import { apply } from '../../../src/cli/commands/apply.ts';
import type { ClusterSnapshot } from '../../../src/cluster/snapshot.ts';
import { digestOf } from '../../../src/execution-plan/digest.ts';
import type { ExecutionPlan } from '../../../src/execution-plan/execution-plan.ts';
import { emptyState } from '../../../src/state/state-codec.ts';
import { recordedIo } from '../../fixtures/apply/recorded-io.ts';
import { planned, readCase } from '../planner/plan-case.ts';

const input = readCase(join(import.meta.dirname, '../../cases/plan/settings-altered'));
const plan = planned(input);
const live: Live = { snapshots: input.snapshots, state: input.state ?? emptyState };

/** The codes that apply prints for a file of that content, and how it ends. */
async function refused(document: object): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kplan-refusals-'));
  await writeFile(join(directory, 'p.kplan.json'), JSON.stringify(document));
  const io = recordedIo(directory);
  const options = { autoApprove: false, leaseSeconds: 5, lockTimeoutSeconds: 0, format: 'json' } as const;
  const code = await apply({ ...options, file: 'p.kplan.json' }, io);
  await rm(directory, { recursive: true });
  const codes = JSON.stringify(io.events()).match(/KP\d{4}/g) ?? [];
  return `${codes.join(' ')}, exit ${code}`;
}

function sealed(changed: Partial<ExecutionPlan>): ExecutionPlan {
  const document = { ...plan, ...changed };
  return { ...document, digest: digestOf(document) };
}

function stale(changed: Partial<Live>): string[] {
  return lookAt(plan, { ...live, ...changed }).stale.map((one) => one.code);
}

function withMsk(changed: (msk: ClusterSnapshot) => Partial<ClusterSnapshot>): Pick<Live, 'snapshots'> {
  const msk = input.snapshots.get('msk');
  assert.ok(msk);
  return { snapshots: new Map([...input.snapshots, ['msk', { ...msk, ...changed(msk) }]]) };
}

test('each reason for which a saved plan is refused has a code of its own', async () => {
  assert.is(await refused({ ...plan, formatVersion: '2.0' }), 'KP4102, exit 1');
  assert.is(await refused({ ...plan, steps: [] }), 'KP4103, exit 1');
  assert.is(await refused({ formatVersion: '1.0', changes: [] }), 'KP4101, exit 1');
  assert.is(await refused(sealed({ applyable: false })), 'KP4013, exit 1');
  assert.equal(stale({}), []);
  assert.equal(stale({ planFileSha256: 'f'.repeat(64) }), ['KP4108']);
  assert.equal(stale(withMsk(() => ({ topics: new Map() }))), ['KP4001']);
  assert.equal(stale(withMsk(() => ({ clusterId: 'other' }))), ['KP4109']);
});

test('of another cluster its resources are not compared; a changed plan file is told beside what moved', () => {
  const elsewhere = withMsk(() => ({ clusterId: 'other', topics: new Map() }));
  assert.equal(stale(elsewhere), ['KP4109']);
  const moved = withMsk(() => ({ topics: new Map() }));
  assert.equal(stale({ ...moved, planFileSha256: 'f'.repeat(64) }), ['KP4108', 'KP4001']);
  assert.equal(lookAt(plan, { ...live, ...moved }).adopted, [], 'what is stale stores nothing');
});

test.run();
