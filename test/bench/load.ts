import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runKafkaTool } from '../clusters/kafka-tool.ts';
import { payloadLines, type Scenario } from './scenarios.ts';

const payloads = 5_000;
const payloadSeed = 1;
const loadTimeoutMs = 900_000;

/** Fills the scenario's topic with Kafka's own producer, as fast as it goes or at a rate. */
export async function load(
  bootstrap: readonly string[],
  scenario: Omit<Scenario, 'name'>,
  folder: string,
  recordsPerSecond = -1,
): Promise<void> {
  const file = join(folder, 'payloads.txt');
  await writeFile(file, `${payloadLines(payloads, payloadSeed).join('\n')}\n`);
  const settings = {
    'bootstrap.servers': bootstrap.join(','),
    'compression.type': scenario.codec,
    'batch.size': scenario.batchBytes,
    'linger.ms': scenario.lingerMs,
    'buffer.memory': 134_217_728,
    'max.request.size': 4_194_304,
  };
  const properties = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  const { topic, records } = scenario;
  await runKafkaTool(
    '4.1',
    'org.apache.kafka.tools.ProducerPerformance',
    [
      ...['--topic', topic, '--num-records', String(records), '--throughput', String(recordsPerSecond)],
      ...['--payload-file', file, '--producer-props', ...properties],
    ],
    { timeoutMs: loadTimeoutMs, jvmFlags: ['-Xmx512m'] },
  );
}
