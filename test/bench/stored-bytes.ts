import { describeLogDirsV4, metadataV9 } from '@platformatic/kafka';
import { openConnections } from '../fixtures/records/connections.ts';

/** Bytes of a topic's partitions as their leaders store them. */
export async function storedBytes(bootstrap: readonly string[], topic: string): Promise<number> {
  const connections = openConnections(bootstrap);
  try {
    const { topics } = await metadataV9.api.async(await connections.any(), [topic]);
    let bytes = 0;
    for (const { partitionIndex } of topics[0]?.partitions ?? []) {
      const leader = await connections.leaderOf(topic, partitionIndex);
      const asked = [{ name: topic, partitions: [partitionIndex] }];
      const { results } = await describeLogDirsV4.api.async(leader, asked);
      const sizes = results.flatMap((one) => one.topics.flatMap((found) => found.partitions));
      bytes += sizes.reduce((sum, { partitionSize }) => sum + Number(partitionSize), 0);
    }
    return bytes;
  } finally {
    await connections.close();
  }
}
