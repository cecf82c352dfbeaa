import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestCluster } from '../clusters/cluster.ts';
import { startCluster } from '../clusters/start-cluster.ts';

/** What the benches of one run share: warm brokers, as those of a running company are. */
export interface BenchWorld {
  readonly source: TestCluster;
  readonly target: TestCluster;
  readonly folder: string;
  /** kplan's program. */
  readonly kplan: string;
  readonly scale: number;
  readonly say: (text: string) => void;
}

/** Brokers as the JVM runs them by default: those of the tests start quickly and run slowly. */
export const brokerOptions = { jvm: 'default', heapMaxMb: 1024 } as const;

export async function inWorld(
  options: Pick<BenchWorld, 'scale' | 'kplan'>,
  use: (world: BenchWorld) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kplan-bench-'));
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const started = await Promise.allSettled([
    startCluster({ name: 'source', version: '3.9', ...brokerOptions }),
    startCluster({ name: 'target', version: '4.1', ...brokerOptions }),
  ]);
  try {
    const [source, target] = started.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
    if (source !== undefined && target !== undefined) await use({ ...options, source, target, folder, say });
  } finally {
    for (const one of started) if (one.status === 'fulfilled') await one.value.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
