/**
 * What `init` writes. Prose stands behind `# `; a line behind a bare `#` is had by taking the `#` away: all of them
 * together are a valid plan file too.
 */
export const examplePlanFile = `# A kplan plan file: which topics of which cluster go where, and how they must look there.
# kplan validate finds its mistakes without a cluster, kplan plan shows what would change, kplan apply makes it so.
# Take the # away from a line that you want; behind "# " stand words.

version: 1
# Names what kplan keeps on the cluster: a new name is a new migration that knows nothing of the old one.
name: old-to-new
#description: Why this migration is done, for those who review it
#labels: { team: payments, ticket: PAY-1421 }

# The clusters, under the names that the rest of this file uses. Passwords and keys stand outside of it, in variables of
# the environment or in files.
clusters:
  old:
    bootstrap: ["kafka-1.old.example.com:9092", "kafka-2.old.example.com:9092"]
    #tls: { ca: { file: certs/old.pem } }
    #auth: { mechanism: scram-sha-512, username: kplan, password: { env: OLD_PASSWORD } }
  new:
    bootstrap: ["kafka-1.new.example.com:9092"]
    #tls: true
    #auth: { mechanism: plain, username: kplan, password: { env: NEW_PASSWORD } }

# For every mirrored topic, unless a mapping says otherwise.
defaults:
  # source: as the source topic has it.
  replicationFactor: source
  #partitions: { atLeast: 12 }
  config:
    # effective: what was set on the source topic, and retention, cleanup policy, largest message and compression where
    # the new cluster would use others. Also: overrides, none, or a list of settings.
    inherit: effective
    #set: { min.insync.replicas: 2 }

# A flow mirrors topics of one cluster into another, and brings the offsets of consumer groups along.
flows:
  - name: old-to-new
    source: old
    target: new
    # Globs, regular expressions between slashes, or full names. exclude wins.
    topics: { include: ["orders*", "/payments\\\\.v[0-9]+/"], exclude: ["*.tmp"] }
    # Topics that must look otherwise than the defaults say.
    #mappings: [{ source: orders.events, target: orders, partitions: 24, config: { set: { retention.ms: -1 } } }]
    groups: { include: ["*"], exclude: ["console-consumer-*"] }

# Topics wanted in their own right, by cluster. kplan import writes them from what lives.
#topics: { new: [{ name: audit, partitions: 6, replicationFactor: 3, config: { retention.ms: -1 } }] }

# Refuses plans that break them.
#policies: { minReplicationFactor: 3, maxPartitionsPerTopic: 200 }
`;
