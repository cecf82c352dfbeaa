import { snapshotFromJson } from '../../src/cluster/snapshot-json.ts';
import { planned } from '../unit/planner/plan-case.ts';

/** A process of its own, so that memory is the planner's: 50,000 topics of two clusters, ten of them missing at the target. */
const topics = 50_000;
const missing = 10;
const kinds = 20;
const bytesOfMegabyte = 1_000_000;

const entries = Array.from({ length: topics }, (_, n): [string, object] => [
  `topic-${n}`,
  { partitions: 6, replicationFactor: 3, settings: { 'retention.ms': String(1000 * ((n % kinds) + 1)) } },
]);
const snapshots = new Map([cluster('dc', entries), cluster('msk', entries.slice(0, topics - missing))]);
const text = JSON.stringify({
  version: 1,
  name: 'large',
  clusters: { dc: { bootstrap: ['dc:9092'] }, msk: { bootstrap: ['msk:9092'] } },
  flows: [{ name: 'f', source: 'dc', target: 'msk', topics: { include: ['*'] } }],
});
const held = process.memoryUsage().rss;
const started = performance.now();
const cpuBefore = process.cpuUsage();
const { summary } = planned({ text, snapshots });
const seconds = (performance.now() - started) / 1000;
const cpu = process.cpuUsage(cpuBefore);
const cpuSeconds = (cpu.user + cpu.system) / 1e6;
const memoryMb = Math.round(process.memoryUsage().rss / bytesOfMegabyte);
process.stdout.write(
  JSON.stringify({ seconds, cpuSeconds, memoryMb, heldMb: Math.round(held / bytesOfMegabyte), summary }),
);

function cluster(name: string, chosen: readonly [string, object][]) {
  const json = { clusterId: name, kafkaVersion: '3.9', brokers: 3, topics: Object.fromEntries(chosen) };
  return [name, snapshotFromJson(name, JSON.stringify(json))] as const;
}
