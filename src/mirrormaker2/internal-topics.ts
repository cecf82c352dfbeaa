/** What MirrorMaker 2 calls the clusters; its clients name the source by it. */
export interface ClusterAliases {
  readonly source: string;
  readonly target: string;
}

/** `offset-syncs.topic.location` of MirrorMaker, or not at all: `RemoteClusterUtils` reads checkpoints alone. */
export const offsetSyncsLocations = ['source', 'target', 'none'] as const;
export type OffsetSyncsLocation = (typeof offsetSyncsLocations)[number];

/**
 * Names as `DefaultReplicationPolicy` and `IdentityReplicationPolicy` make them with the separator `.`; the checkpoints'
 * stand on the target, the syncs' name the other cluster.
 */
export function checkpointsTopic({ source }: ClusterAliases): string {
  return `${source}.checkpoints.internal`;
}

export function offsetSyncsTopic(aliases: ClusterAliases, location: 'source' | 'target'): string {
  return `mm2-offset-syncs.${location === 'source' ? aliases.target : aliases.source}.internal`;
}

/** `MirrorUtils.createSinglePartitionCompactedTopic`; the factor is the default of `checkpoints.topic.replication.factor`. */
export const internalTopicShape = {
  partitions: 1,
  replicationFactorWanted: 3,
  config: { 'cleanup.policy': 'compact' },
} as const;
