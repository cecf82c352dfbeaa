import { ConfigResourceTypes, describeConfigsV4, metadataV9 } from '@platformatic/kafka';
import { openConnections } from '../fixtures/records/connections.ts';

const topicsPerRequest = 500;

/** What any reader of a cluster must ask, and no more: all topics, then their settings, in requests of 500. */
export async function readBare(bootstrap: readonly string[]): Promise<number> {
  const connections = openConnections(bootstrap);
  try {
    const connection = await connections.any();
    const { topics } = await metadataV9.api.async(connection, null);
    const names = topics.flatMap(({ name }) => (name === null ? [] : [name]));
    let settings = 0;
    for (let at = 0; at < names.length; at += topicsPerRequest) {
      const resources = names
        .slice(at, at + topicsPerRequest)
        .map((resourceName) => ({ resourceType: ConfigResourceTypes.TOPIC, resourceName, configurationKeys: null }));
      const { results } = await describeConfigsV4.api.async(connection, resources, true, false);
      settings += results.reduce((sum, { configs }) => sum + configs.length, 0);
    }
    return settings;
  } finally {
    await connections.close();
  }
}
