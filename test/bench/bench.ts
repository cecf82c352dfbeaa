import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchLatency } from './latency.ts';
import { benchMirroring } from './mirroring.ts';
import { profileMirroring } from './profile.ts';
import { benchQuiet } from './quiet.ts';
import { benchReplication } from './replication.ts';
import { type BenchResults, report } from './report.ts';
import { mirrorScenarios, type Scenario } from './scenarios.ts';
import { type BenchWorld, inWorld } from './world.ts';

/**
 * `npm run bench [-- NAME ... --scale 0.1]` (builds first): kplan beside MirrorMaker 2 (exactly once) and beside Kafka's own
 * replication, on one machine in one run, Kafka 3.9 to 4.1. Without names all benches, in about twelve minutes. Writes
 * test/bench/output/mirror.md and .json, or where `--output` says; `--kplan` is another program to run. It asserts nothing.
 *
 * `npm run bench -- --profile`: where kplan's CPU time goes, for compressed, uncompressed and one-record batches or those that
 * are named. Writes profile.md and .json.
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
  quiet: async (world) => ({ quiet: await benchQuiet(world) }),
} as const satisfies Record<string, (world: BenchWorld) => Promise<Partial<BenchResults>>>;
type BenchName = keyof typeof benches;

const profiled = ['compressed', 'uncompressed', 'one-record'] as const satisfies BenchName[];

const { values, positionals } = parseArgs({
  options: {
    profile: { type: 'boolean', default: false },
    scale: { type: 'string', default: '1' },
    kplan: { type: 'string', default: fileURLToPath(new URL('../../dist/bin/kplan.js', import.meta.url)) },
    output: { type: 'string', default: fileURLToPath(new URL('./output/', import.meta.url)) },
  },
  allowPositionals: true,
});
const known: readonly string[] = values.profile ? profiled : Object.keys(benches);
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0 || !(Number(values.scale) > 0)) {
  process.stderr.write(`usage: npm run bench -- [${known.join(' | ')}] ... [--scale 0.1] [--profile]\n`);
  process.exit(1);
}
const names = (positionals.length === 0 ? known : positionals) as BenchName[];
const found: Partial<BenchResults>[] = [];
await inWorld({ scale: Number(values.scale), kplan: values.kplan }, async (world) => {
  for (const name of names) {
    found.push(values.profile ? await profile(world, name) : await benches[name](world));
    await write();
  }
});
process.stdout.write(`\n${await write()}`);
process.exit();

async function profile(world: BenchWorld, name: BenchName): Promise<Partial<BenchResults>> {
  const scenarios: Partial<Record<BenchName, Scenario>> = mirrorScenarios(world.scale);
  const scenario = scenarios[name];
  return scenario === undefined ? {} : { profiles: [await profileMirroring(world, scenario)] };
}

/** After every bench, so that a run that is broken off leaves what it has measured. */
async function write(): Promise<string> {
  const results: BenchResults = {
    mirroring: found.flatMap((one) => one.mirroring ?? []),
    latency: found.flatMap((one) => one.latency ?? []),
    replication: found.flatMap((one) => one.replication ?? []),
    quiet: found.flatMap((one) => one.quiet ?? []),
    profiles: found.flatMap((one) => one.profiles ?? []),
  };
  const given = process.argv.slice(2);
  const text = report(results, ['npm run bench', ...(given.length === 0 ? [] : ['--', ...given])].join(' '));
  await mkdir(values.output, { recursive: true });
  const file = `${values.output}/${values.profile ? 'profile' : 'mirror'}`;
  await writeFile(`${file}.json`, `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(`${file}.md`, text);
  return text;
}
