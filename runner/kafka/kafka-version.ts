import type { BrokerAbilities } from './connection.ts';

/**
 * Kafka's release by the level of its feature `metadata.version`: the first level of each release.
 * Source: org.apache.kafka.server.common.MetadataVersion of Kafka 4.1.
 */
const metadataLevels: readonly (readonly [level: number, release: string])[] = [
  [1, '3.0'],
  [2, '3.1'],
  [3, '3.2'],
  [4, '3.3'],
  [8, '3.4'],
  [9, '3.5'],
  [12, '3.6'],
  [15, '3.7'],
  [20, '3.8'],
  [21, '3.9'],
  [22, '4.0'],
  [26, '4.1'],
];

/** The last level of 4.1; above it stands a release that this table does not know. */
const knownLevelMax = 27;

/** Clusters on ZooKeeper have no such feature: releases by the newest version of Fetch that they know (FetchRequest.json). */
const fetchVersions: ReadonlyMap<number, string> = new Map([
  [11, '2.3-2.6'],
  [12, '2.7-3.0'],
  [13, '3.1-3.4'],
  [15, '3.5-3.6'],
  [16, '3.7-3.8'],
  [17, '3.9'],
]);

const fetchApiKey = 1;

/**
 * "4.1", or "3.9-4.1" where the brokers run a newer release than the cluster has agreed on (an upgrade that is not
 * finalized). Undefined where it cannot be told, or is newer than this kplan knows.
 */
export function kafkaVersion(abilities: BrokerAbilities): string | undefined {
  const feature = abilities.features.get('metadata.version');
  if (feature === undefined) return fetchVersions.get(abilities.versions.get(fetchApiKey)?.max ?? 0);
  const agreed = releaseOf(feature.finalized ?? feature.supportedMax);
  const running = releaseOf(feature.supportedMax ?? feature.finalized);
  if (agreed === undefined || running === undefined) return undefined;
  return agreed === running ? running : `${agreed}-${running}`;
}

function releaseOf(level: number | undefined): string | undefined {
  if (level === undefined || level > knownLevelMax) return undefined;
  return metadataLevels.findLast(([first]) => level >= first)?.[1];
}
