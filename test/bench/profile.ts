import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Part, timeByPart } from './cpu-profile.ts';
import { fillTopic, measureMirror } from './mirroring.ts';
import type { ProcessFigures } from './process-meter.ts';
import type { Scenario } from './scenarios.ts';
import type { BenchWorld } from './world.ts';

/** Where the CPU time of one `kplan apply` went. */
export interface ProfileRow {
  readonly scenario: string;
  readonly records: number;
  readonly storedBytes: number;
  readonly figures: ProcessFigures;
  /** Milliseconds of the main thread. */
  readonly times: Readonly<Record<Part, number>>;
}

/** kplan alone, with V8's sampling profiler, after a way that is not measured. */
export async function profileMirroring(world: BenchWorld, scenario: Scenario): Promise<ProfileRow> {
  const { topic, name } = scenario;
  const { records, bytes: storedBytes } = await fillTopic(world, scenario);
  const whole = { ...scenario, records };
  await measureMirror(world, whole, { mirror: 'kplan', name: `${topic}-warm-up` });
  const folder = join(world.folder, `${topic}-profile`);
  await mkdir(folder);
  const nodeFlags = ['--cpu-prof', `--cpu-prof-dir=${folder}`];
  const { figures } = await measureMirror(world, whole, { mirror: 'kplan', name: `${topic}-profiled`, nodeFlags });
  world.say(`  profiled: ${figures.cpuSeconds} CPU s`);
  return { scenario: name, records, storedBytes, figures, times: await timeByPart(folder) };
}
