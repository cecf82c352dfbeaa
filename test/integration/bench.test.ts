import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { BenchResults } from '../bench/report.ts';
import { sharedClusters } from '../clusters/shared.ts';

const { source, target } = await sharedClusters();
const root = fileURLToPath(new URL('../../', import.meta.url));

test('a short bench runs, and its figures are figures', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kplan-bench-test-'));
  const KPLAN_TEST_BOOTSTRAP = `source=${source.bootstrap[0]};target=${target.bootstrap[0]}`;
  const kplan = join(root, 'src/cli/main.ts');
  const args = [
    'test/bench/bench.ts',
    'compressed',
    'latency',
    '--scale',
    '0.01',
    '--output',
    folder,
    '--kplan',
    kplan,
  ];
  try {
    await execa(process.execPath, args, { cwd: root, env: { KPLAN_TEST_BOOTSTRAP } });
    const results: BenchResults = JSON.parse(await readFile(join(folder, 'mirror.json'), 'utf8'));
    assert.equal(
      [results.mirroring, results.latency].map((rows) => rows.map(({ mirror }) => mirror)),
      [
        ['kplan', 'MirrorMaker 2'],
        ['none', 'kplan', 'MirrorMaker 2'],
      ],
    );
    for (const { records, wallSeconds, startSeconds, storedBytes, figures } of results.mirroring) {
      for (const figure of [
        records,
        wallSeconds,
        startSeconds,
        storedBytes,
        figures.cpuSeconds,
        figures.peakMemoryMb,
      ]) {
        assert.ok(figure > 0 && Number.isFinite(figure), JSON.stringify(results.mirroring));
      }
      assert.ok(wallSeconds > startSeconds);
    }
    for (const { mirror, records, p50, p99, cores } of results.latency) {
      const isBusy = mirror === 'none' ? cores === undefined : cores !== undefined && cores > 0;
      assert.ok(records > 0 && p50 > 0 && p99 >= p50 && isBusy, JSON.stringify(results.latency));
    }
    assert.match(await readFile(join(folder, 'mirror.md'), 'utf8'), /times the records\/s, 1\/\d+ of the CPU/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.run();
