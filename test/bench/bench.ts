import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchLatency } from './latency.ts';
import { benchMirroring } from './mirroring.ts';
import { benchReplication } from './replication.ts';
import { type BenchResults, report } from './report.ts';
import { mirrorScenarios } from './scenarios.ts';
import { type BenchWorld, inWorld } from './world.ts';

/**
 * `npm run bench [-- NAME ... --scale 0.1]` (builds first): kplan beside MirrorMaker 2 (exactly once) and beside Kafka's own
 * replication, on one machine in one run, Kafka 3.9 to 4.1. Without names all benches, in about ten minutes. Writes
 * test/bench/output/mirror.md and .json, or where `--output` says; `--kplan` is another program to run. It asserts nothing.
 */
const mirroring = async (world: BenchWorld, name: keyof ReturnType<typeof mirrorScenarios>) => ({
  mirroring: await benchMirroring(world, mirrorScenarios(world.scale)[name]),
});
const benches = {
  compressed: (world) => mirroring(world, 'compressed'),
  uncompressed: (world) => mirroring(world, 'uncompressed'),
  'one-record': (world) => mirroring(world, 'one-record'),
  partitions: (world) => mirroring(world, 'partitions'),
  latency: async (world) => ({ latency: await benchLatency(world) }),
  replication: async (world) => ({ replication: await benchReplication(world) }),
} as const satisfies Record<string, (world: BenchWorld) => Promise<Partial<BenchResults>>>;
type BenchName = keyof typeof benches;

const { values, positionals } = parseArgs({
  options: {
    scale: { type: 'string', default: '1' },
    kplan: { type: 'string', default: fileURLToPath(new URL('../../dist/bin/kplan.js', import.meta.url)) },
    output: { type: 'string', default: fileURLToPath(new URL('./output/', import.meta.url)) },
  },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in benches));
if (unknown.length > 0 || !(Number(values.scale) > 0)) {
  process.stderr.write(`usage: npm run bench -- [${Object.keys(benches).join(' | ')}] ... [--scale 0.1]\n`);
  process.exit(1);
}
const names = (positionals.length === 0 ? Object.keys(benches) : positionals) as BenchName[];
const found: Partial<BenchResults>[] = [];
await inWorld({ scale: Number(values.scale), kplan: values.kplan }, async (world) => {
  for (const name of names) {
    found.push(await benches[name](world));
    await write();
  }
});
process.stdout.write(`\n${await write()}`);
process.exit();

/** After every bench, so that a run that is broken off leaves what it has measured. */
async function write(): Promise<string> {
  const results: BenchResults = {
    mirroring: found.flatMap((one) => one.mirroring ?? []),
    latency: found.flatMap((one) => one.latency ?? []),
    replication: found.flatMap((one) => one.replication ?? []),
  };
  const text = report(results, ['npm run bench', ...process.argv.slice(2)].join(' '));
  await mkdir(values.output, { recursive: true });
  await writeFile(`${values.output}/mirror.json`, `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(`${values.output}/mirror.md`, text);
  return text;
}
