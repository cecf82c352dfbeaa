/** Each is a consumer and a transactional producer; more than the cores bring nothing. */
const tasksMax = 4;
/** Of one task's producer. */
const bufferBytes = 134_217_728;
const batchBytesMax = 524_288;
/** Batches of every partition that a task's buffer has room for: else `send` waits until it gives up (`max.block.ms`). */
const batchesAPartition = 8;

/**
 * MirrorMaker 2 as a careful operator would run it for one topic: dedicated mode, exactly once, large fetches and batches,
 * the source's codec, up to four tasks, a transaction a second as kplan's. Keys: Kafka's documentation of
 * connect-mirror-maker (exactly once: "Geo-Replication", KIP-618, KIP-710) and of producer and consumer settings.
 */
export function mirrorMakerProperties(options: {
  readonly source: readonly string[];
  readonly target: readonly string[];
  readonly topic: string;
  readonly partitions: number;
  readonly codec: string;
  /** A transaction for each poll; else one a second. */
  readonly commitsOften: boolean;
  /** Names its clusters, and with them its internal topics: nothing is left of another run. */
  readonly name: string;
}): string {
  const [source, target] = [`${options.name}-source`, `${options.name}-target`];
  const tasks = Math.min(options.partitions, tasksMax);
  const batchBytes = Math.floor((bufferBytes * tasks) / (options.partitions * batchesAPartition));
  const settings: Record<string, string | number | boolean> = {
    clusters: `${source}, ${target}`,
    [`${source}.bootstrap.servers`]: options.source.join(','),
    [`${target}.bootstrap.servers`]: options.target.join(','),
    [`${source}->${target}.enabled`]: true,
    [`${target}->${source}.enabled`]: false,
    [`${target}->${source}.emit.heartbeats.enabled`]: false,
    [`${source}->${target}.emit.heartbeats.enabled`]: false,
    [`${source}->${target}.emit.checkpoints.enabled`]: false,
    [`${source}->${target}.topics`]: options.topic,
    [`${source}->${target}.sync.topic.acls.enabled`]: false,
    [`${source}->${target}.sync.topic.configs.enabled`]: false,
    [`${source}->${target}.tasks.max`]: tasks,
    ...(options.commitsOften
      ? { [`${source}->${target}.transaction.boundary`]: 'poll' }
      : {
          [`${source}->${target}.transaction.boundary`]: 'interval',
          [`${source}->${target}.transaction.boundary.interval.ms`]: 1000,
        }),
    'replication.policy.class': 'org.apache.kafka.connect.mirror.IdentityReplicationPolicy',
    'replication.factor': 1,
    'offset-syncs.topic.replication.factor': 1,
    'config.storage.replication.factor': 1,
    'offset.storage.replication.factor': 1,
    'status.storage.replication.factor': 1,
    [`${target}.exactly.once.source.support`]: 'enabled',
    // Exactly once asks for it, and for any free port.
    'dedicated.mode.enable.internal.rest': true,
    listeners: 'http://127.0.0.1:0',
    [`${source}.consumer.isolation.level`]: 'read_committed',
    [`${source}.consumer.auto.offset.reset`]: 'earliest',
    [`${source}.consumer.fetch.max.bytes`]: 16_777_216,
    [`${source}.consumer.max.partition.fetch.bytes`]: 4_194_304,
    [`${source}.consumer.max.poll.records`]: 10_000,
    [`${target}.producer.compression.type`]: options.codec,
    [`${target}.producer.batch.size`]: Math.min(batchBytesMax, batchBytes),
    [`${target}.producer.linger.ms`]: 20,
    [`${target}.producer.buffer.memory`]: bufferBytes,
    [`${target}.producer.max.request.size`]: 4_194_304,
  };
  return `${Object.entries(settings)
    .map(([key, value]) => `${key} = ${value}`)
    .join('\n')}\n`;
}
