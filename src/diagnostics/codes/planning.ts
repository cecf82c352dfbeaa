import type { CodeTable } from './code-definition.ts';

const waitForIt = 'Remove it from the plan file, or wait for a version that supports it.';

/** KP12xx: asked for, but not supported by this version. Found by `plan` and `apply`, never by `validate`. */
const notYetCodes = {
  KP1200: {
    title: 'Not yet supported',
    severity: 'error',
    cause: 'The plan file asks for something that this version of kplan cannot do yet.',
    fix: waitForIt,
  },
  KP1201: {
    title: 'Engine not yet supported',
    severity: 'error',
    cause: 'A flow asks for an engine other than the native one.',
    fix: 'Use engine: native, or leave engine out.',
  },
  KP1207: {
    title: 'This way of bringing groups along is not yet supported',
    severity: 'error',
    cause: 'A flow asks for groups that move at the cutover only.',
    fix: 'Use sync: continuous.',
  },
  KP1210: {
    title: 'Cutovers not yet supported',
    severity: 'error',
    cause: 'The plan file describes cutovers.',
    fix: 'Remove cutovers from the plan file and switch producers and consumers by hand, or wait for a version that supports them.',
  },
  KP1212: {
    title: 'Authentication by AWS IAM not yet supported',
    severity: 'error',
    cause: 'A cluster asks for auth.mechanism: aws-msk-iam.',
    fix: 'Use scram-sha-512 or mutual TLS, which Amazon MSK offers too.',
  },
  KP1213: {
    title: 'Mirroring in both directions not yet supported',
    severity: 'error',
    cause: 'Flows of the plan file lead from a cluster back to itself.',
    fix: 'Keep one direction in this plan file.',
  },
  KP1214: {
    title: 'MirrorMaker tuning not yet supported',
    severity: 'error',
    cause: 'A flow sets tuning that only MirrorMaker understands.',
    fix: waitForIt,
  },
} as const satisfies CodeTable;

/** KP20xx: which topics a flow has. */
const matchingCodes = {
  KP2001: {
    title: 'Topic not found at the source',
    severity: 'error',
    cause: 'The plan file names a topic that the source cluster does not have.',
    fix: 'Correct the name, or create the topic at the source first.',
  },
  KP2002: {
    title: 'Two sources on one target topic',
    severity: 'error',
    cause:
      'Two topics would be mirrored into the same topic of the target cluster, or a mirrored topic is also declared.',
    fix: 'Give one of them another target by a mapping or by naming, or exclude it.',
  },
  KP2003: {
    title: 'Internal topic skipped',
    severity: 'note',
    cause: 'A pattern covers a topic that patterns never match.',
    fix: '',
  },
  KP2004: {
    title: 'Topic of a Kafka Streams application',
    severity: 'warning',
    cause: 'A pattern matches changelog or repartition topics, which a Kafka Streams application owns.',
    fix: 'Exclude "*-changelog" and "*-repartition" where the application may rebuild its state on the target; mirror them only while the application is stopped for the switch.',
  },
  KP2005: {
    title: 'Two pattern mappings on one topic',
    severity: 'error',
    cause: 'Two mappings whose sources are patterns cover the same topic.',
    fix: 'Give the topic a mapping with its full name: it wins over patterns.',
  },
  KP2006: {
    title: 'Mapped and excluded',
    severity: 'error',
    cause: 'A mapping names a topic that the exclude list of its flow covers.',
    fix: 'Remove the mapping, or take the topic out of exclude.',
  },
  KP2007: {
    title: 'Pattern without a match',
    severity: 'warning',
    cause: 'No topic of the source cluster matches a pattern.',
    fix: 'Correct the pattern, or remove it.',
  },
  KP2008: {
    title: 'Impossible topic name at the target',
    severity: 'error',
    cause: 'The name that the topic would get at the target is not allowed by Kafka.',
    fix: 'Choose another prefix or suffix, or give the topic a mapping.',
  },
  KP2009: {
    title: 'Topic names that collide',
    severity: 'error',
    cause: 'Two topics of one cluster differ only by "." and "_", which Kafka refuses as their metrics would collide.',
    fix: 'Give one of them another name at the target by a mapping.',
  },
} as const satisfies CodeTable;

/** KP21xx: how topics must look at the target. Warnings and notes can be switched by `policies.rules`. */
const topicCodes = {
  KP2101: {
    title: 'Fewer partitions than the source',
    severity: 'error',
    cause: 'A mirrored topic must have at least the partitions of its source.',
    fix: 'Use partitions: source or { atLeast: N }.',
  },
  KP2102: {
    title: 'Partitions can not be removed',
    severity: 'error',
    cause: 'The topic has more partitions than the plan file wants; Kafka can not take partitions away.',
    fix: 'Set partitions to the number that is there, or mirror into a topic with another name.',
  },
  KP2103: {
    title: 'Replication factor can not be changed yet',
    severity: 'error',
    cause:
      'The topic exists with another replication factor. The plan shows where its replicas would go, but apply can not throttle a reassignment yet and refuses to start one.',
    fix: 'Set replicationFactor to what is there, or reassign with kafka-reassign-partitions.sh first.',
  },
  KP2104: {
    title: 'More partitions than the source',
    severity: 'warning',
    cause:
      'The target topic has more partitions than its source: records keep their partition, the added ones stay empty until producers write to the target, and those then put keys elsewhere.',
    fix: 'Use partitions: source where consumers rely on the order of a key.',
  },
  KP2105: {
    title: 'Replication factor above the number of brokers',
    severity: 'error',
    cause: 'A topic cannot have more replicas than the cluster has brokers.',
    fix: 'Set a smaller replicationFactor in defaults or in the mapping.',
  },
  KP2106: {
    title: 'min.insync.replicas above the replication factor',
    severity: 'error',
    cause: 'Nothing could ever be written to such a topic with acks=all.',
    fix: 'Lower min.insync.replicas below the replication factor.',
  },
  KP2107: {
    title: 'Replication factor below the policy',
    severity: 'error',
    cause: 'The topic would have fewer replicas than policies.minReplicationFactor asks for.',
    fix: 'Raise replicationFactor, or lower the policy.',
  },
  KP2108: {
    title: 'More partitions than the policy allows',
    severity: 'error',
    cause: 'The topic would have more partitions than policies.maxPartitionsPerTopic allows.',
    fix: 'Lower partitions, or raise the policy.',
  },
  KP2109: {
    title: 'Partitions added to an existing topic',
    severity: 'warning',
    cause: 'Producers that choose partitions by key put some keys into other partitions once there are more.',
    fix: '',
  },
  KP2110: {
    title: 'Setting unknown at the target',
    severity: 'note',
    cause: 'A setting of the source topic is not copied, since the Kafka version of the target lacks it.',
    fix: '',
  },
  KP2111: {
    title: 'Setting that the target refuses',
    severity: 'error',
    cause: 'The plan file sets a topic setting that the Kafka version of the target lacks.',
    fix: 'Remove the setting.',
  },
  KP2112: {
    title: 'Setting held while the topic is mirrored',
    severity: 'note',
    cause:
      'Timestamps must reach the target as they are, so the settings that would refuse or change them wait for the cutover.',
    fix: '',
  },
  KP2113: {
    title: 'Target takes smaller batches than the source',
    severity: 'warning',
    cause:
      'max.message.bytes of the target topic is below that of its source: a large record batch would stop the partition.',
    fix: 'Set max.message.bytes to at least the value of the source.',
  },
  KP2114: {
    title: 'Topic is there already',
    severity: 'note',
    cause:
      'A target topic exists that kplan did not make. It is brought to what the plan file says; mirroring refuses to start if it holds records.',
    fix: 'If it holds records that are not of this flow, mirror into another topic (by a mapping): apply stops at them.',
  },
  KP2115: {
    title: 'No longer in the plan file',
    severity: 'note',
    cause: 'kplan once made this; it left the plan file and is left as it is.',
    fix: '',
  },
  KP2116: {
    title: 'Copied value does not fit the target',
    severity: 'error',
    cause: 'A setting copied from the source is not possible on the target.',
    fix: 'Exclude the setting (config.exclude), or set another value (config.set).',
  },
  KP2118: {
    title: 'Group of a kind that can not come along',
    severity: 'note',
    cause:
      'Patterns cover groups whose positions are no committed offsets of consumers: share groups and Kafka Streams groups.',
    fix: 'Start them anew on the target after the switch; their progress stays at the source.',
  },
  KP2119: {
    title: 'Target topic of an idempotent flow holds records',
    severity: 'error',
    cause:
      'A flow with delivery: idempotent would mirror into a topic that kplan did not make and that is not empty. Its own records are found again by where they stand, so nobody else may write there.',
    fix: 'Mirror into a topic of another name, or use delivery: transactional.',
  },
  KP2123: {
    title: 'Topic is internal to the brokers',
    severity: 'error',
    cause: 'The cluster says that this topic is internal to it: kplan changes no such topic and mirrors into none.',
    fix: 'Take it out of the plan file, or mirror into a topic of another name.',
  },
  KP2117: {
    title: 'Rule can not be switched',
    severity: 'error',
    cause: 'policies.rules names a code that is not a warning or note of planning.',
    fix: 'Remove it from policies.rules.',
  },
} as const satisfies CodeTable;

/** KP41xx: saved plans that can't be read or written, and the command line. */
const savedPlanCodes = {
  KP4101: {
    title: 'Not a saved plan',
    severity: 'error',
    cause: 'The file is not a plan saved by kplan plan --out, or only a part of one.',
    fix: 'Make a new one with kplan plan FILE --out PLAN.',
  },
  KP4102: {
    title: 'Saved plan of another format',
    severity: 'error',
    cause: 'The plan was saved by a version of kplan whose format this one does not know.',
    fix: 'Make a new plan with this version, or use the version that saved it.',
  },
  KP4103: {
    title: 'Saved plan was edited',
    severity: 'error',
    cause: 'The content of the saved plan does not match its digest.',
    fix: 'Change the plan file instead, and make a new plan.',
  },
  KP4104: {
    title: 'Wrong arguments',
    severity: 'error',
    cause: 'The command line has a command or a flag that is not known, or lacks one.',
    fix: 'kplan --help lists the commands; each has --help with an example.',
  },
  KP4105: {
    title: 'A bug of kplan',
    severity: 'error',
    cause: 'Something happened that the authors of kplan did not foresee.',
    fix: 'Please report it with the command, the versions of kplan and Kafka, and what the same command prints with --log-level debug. What apply began is safe to run again.',
  },
  KP4107: {
    title: 'A saved plan where a plan file is wanted',
    severity: 'error',
    cause: 'The command takes a plan file (YAML); it was given a plan that kplan saved.',
    fix: 'Use kplan show to read a saved plan, kplan apply to carry it out.',
  },
  KP4106: {
    title: 'Plan not saved',
    severity: 'error',
    cause: 'The file named by --out can not be written.',
    fix: 'Name a file in a folder that exists and that you may write to.',
  },
  KP4108: {
    title: 'The plan file changed after the plan was saved',
    severity: 'error',
    cause:
      'The plan file stands at the path where it was planned, with another content. Where it is not there any more, as in a job that has the saved plan alone, nothing is compared.',
    fix: 'Make a new plan from the plan file and review it; or take the change back.',
  },
  KP4109: {
    title: 'Saved plan of another cluster',
    severity: 'error',
    cause: 'The cluster that answers at the addresses of the plan has another id than the one that was planned.',
    fix: 'Check the addresses of the cluster (environment variables too); for this cluster make a plan of its own.',
  },
} as const satisfies CodeTable;

export const planningCodes = { ...notYetCodes, ...matchingCodes, ...topicCodes, ...savedPlanCodes } as const;
