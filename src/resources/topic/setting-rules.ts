/** The largest value of Kafka's 64-bit settings: no limit. */
export const unlimited = '9223372036854775807';

/** What `inherit: effective` copies besides what is set on the source topic itself. */
export const effectiveSettings: ReadonlySet<string> = new Set([
  'retention.ms',
  'retention.bytes',
  'cleanup.policy',
  'max.message.bytes',
  'delete.retention.ms',
  'compression.type',
]);

const neverCopiedNames: ReadonlySet<string> = new Set([
  'leader.replication.throttled.replicas',
  'follower.replication.throttled.replicas',
  'min.insync.replicas',
  'unclean.leader.election.enable',
]);
const neverCopiedPrefixes = ['remote.', 'local.', 'confluent.'] as const;

/** Settings that speak of the source cluster's own brokers and disks; `config.set` is the only way to have them. */
export function isNeverCopied(name: string): boolean {
  return neverCopiedNames.has(name) || neverCopiedPrefixes.some((prefix) => name.startsWith(prefix));
}

/**
 * What a topic must have while it is mirrored, whatever the plan file says: the broker must neither refuse a record for
 * its timestamp (one wrong clock would stop the partition) nor write another one over it. Up to 3.9, the older
 * `message.timestamp.difference.max.ms` still rules where the newer two are unlimited (KIP-937).
 */
export const heldWhileMirrored: Readonly<Record<string, string>> = {
  'message.timestamp.type': 'CreateTime',
  'message.timestamp.before.max.ms': unlimited,
  'message.timestamp.after.max.ms': unlimited,
  'message.timestamp.difference.max.ms': unlimited,
};
