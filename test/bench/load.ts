import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runKafkaTool } from '../clusters/kafka-tool.ts';
import { createTopic } from '../fixtures/records.ts';
import { payloadLines, type Scenario } from './scenarios.ts';

const payloads = 5_000;
const payloadSeed = 1;
const loadTimeoutMs = 900_000;

/** Makes the scenario's topic and fills it with Kafka's own producer. */
export async function loadTopic(bootstrap: readonly string[], scenario: Scenario, folder: string): Promise<void> {
  await createTopic(bootstrap, scenario.topic, { partitions: scenario.partitions });
  const file = join(folder, 'payloads.txt');
  await writeFile(file, `${payloadLines(payloads, payloadSeed).join('\n')}\n`);
  const settings = {
    'bootstrap.servers': bootstrap.join(','),
    'compression.type': scenario.codec,
    'batch.size': scenario.batchBytes,
    'linger.ms': scenario.batchBytes === 1 ? 0 : 50,
    'buffer.memory': 134_217_728,
    'max.request.size': 4_194_304,
  };
  const properties = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  await runKafkaTool(
    '4.1',
    'org.apache.kafka.tools.ProducerPerformance',
    [
      ...['--topic', scenario.topic, '--num-records', String(scenario.records), '--throughput', '-1'],
      ...['--payload-file', file, '--producer-props', ...properties],
    ],
    { timeoutMs: loadTimeoutMs, jvmFlags: ['-Xmx512m'] },
  );
}
