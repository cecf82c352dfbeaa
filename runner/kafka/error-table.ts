/**
 * Every error code of the protocol: its number, whether the same request may be sent again, and what a person can do.
 * Numbers and names: org.apache.kafka.common.protocol.Errors; what is retriable there is retriable here, and besides
 * BROKER_NOT_AVAILABLE (a broker that is restarting). `soon` waits milliseconds (the state changes by itself in that
 * time), `later` waits for an election or a load.
 */
export type RetryPace = 'never' | 'soon' | 'later';

export interface KafkaError {
  readonly code: number;
  readonly retry: RetryPace;
  /** Empty where there is nothing better than the error's own name. */
  readonly advice: string;
}

export const kafkaErrors = {
  UNKNOWN_SERVER_ERROR: row(-1, 'never', "Look into the broker's log: it met an error that it does not tell clients."),
  OFFSET_OUT_OF_RANGE: row(1, 'never'),
  CORRUPT_MESSAGE: row(2, 'later', 'A record batch was damaged on its way or on a disk of the broker.'),
  UNKNOWN_TOPIC_OR_PARTITION: row(3, 'later', 'Check that the topic exists and that this user may describe it.'),
  INVALID_FETCH_SIZE: row(4, 'never'),
  LEADER_NOT_AVAILABLE: row(5, 'later', 'A partition has no leader: check that the brokers of its replicas are up.'),
  NOT_LEADER_OR_FOLLOWER: row(6, 'later'),
  REQUEST_TIMED_OUT: row(7, 'later', 'The brokers are slow or cannot reach each other: check their load and logs.'),
  BROKER_NOT_AVAILABLE: row(8, 'later', 'Check that the broker is up.'),
  REPLICA_NOT_AVAILABLE: row(9, 'later'),
  MESSAGE_TOO_LARGE: row(
    10,
    'never',
    "Raise max.message.bytes of the topic, or message.max.bytes of the target's brokers.",
  ),
  STALE_CONTROLLER_EPOCH: row(11, 'never'),
  OFFSET_METADATA_TOO_LARGE: row(12, 'never', "Raise offset.metadata.max.bytes of the target's brokers."),
  NETWORK_EXCEPTION: row(13, 'later', 'Check the network between this machine and the broker.'),
  COORDINATOR_LOAD_IN_PROGRESS: row(14, 'later'),
  COORDINATOR_NOT_AVAILABLE: row(15, 'later', 'Check that __consumer_offsets and __transaction_state have leaders.'),
  NOT_COORDINATOR: row(16, 'later'),
  INVALID_TOPIC_EXCEPTION: row(17, 'never', 'The name is not a legal topic name on this cluster.'),
  RECORD_LIST_TOO_LARGE: row(18, 'never', 'Raise segment.bytes of the topic.'),
  NOT_ENOUGH_REPLICAS: row(
    19,
    'later',
    'Fewer replicas are in sync than min.insync.replicas asks for: check the brokers.',
  ),
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: row(20, 'later', 'Fewer replicas are in sync than min.insync.replicas asks for.'),
  INVALID_REQUIRED_ACKS: row(21, 'never'),
  ILLEGAL_GENERATION: row(22, 'never', 'The group is active on this cluster: stop its consumers there.'),
  INCONSISTENT_GROUP_PROTOCOL: row(23, 'never'),
  INVALID_GROUP_ID: row(24, 'never'),
  UNKNOWN_MEMBER_ID: row(25, 'never', 'The group is active on this cluster: stop its consumers there.'),
  INVALID_SESSION_TIMEOUT: row(26, 'never'),
  REBALANCE_IN_PROGRESS: row(27, 'never', 'The group is active on this cluster: stop its consumers there.'),
  INVALID_COMMIT_OFFSET_SIZE: row(28, 'never'),
  TOPIC_AUTHORIZATION_FAILED: row(29, 'never', 'Give the user the missing permission.'),
  GROUP_AUTHORIZATION_FAILED: row(30, 'never', 'Give the user the missing permission.'),
  CLUSTER_AUTHORIZATION_FAILED: row(31, 'never', 'Give the user the missing permission.'),
  INVALID_TIMESTAMP: row(
    32,
    'never',
    'Raise message.timestamp.before.max.ms and message.timestamp.after.max.ms of the topic.',
  ),
  UNSUPPORTED_SASL_MECHANISM: row(33, 'never', 'Use a mechanism that the listener offers.'),
  ILLEGAL_SASL_STATE: row(34, 'never'),
  UNSUPPORTED_VERSION: row(35, 'never', 'The brokers are too old for this request.'),
  TOPIC_ALREADY_EXISTS: row(36, 'never'),
  INVALID_PARTITIONS: row(37, 'never'),
  INVALID_REPLICATION_FACTOR: row(38, 'never', 'The cluster has fewer brokers than replicas are asked for.'),
  INVALID_REPLICA_ASSIGNMENT: row(39, 'never'),
  INVALID_CONFIG: row(40, 'never'),
  NOT_CONTROLLER: row(41, 'later'),
  INVALID_REQUEST: row(42, 'never'),
  UNSUPPORTED_FOR_MESSAGE_FORMAT: row(43, 'never', 'The topic holds records of an old message format.'),
  POLICY_VIOLATION: row(44, 'never', "A policy of the cluster's owner forbids this: ask them."),
  OUT_OF_ORDER_SEQUENCE_NUMBER: row(45, 'never'),
  DUPLICATE_SEQUENCE_NUMBER: row(46, 'never'),
  INVALID_PRODUCER_EPOCH: row(47, 'never'),
  INVALID_TXN_STATE: row(48, 'never'),
  INVALID_PRODUCER_ID_MAPPING: row(49, 'never'),
  INVALID_TRANSACTION_TIMEOUT: row(50, 'never', "Raise transaction.max.timeout.ms of the target's brokers."),
  CONCURRENT_TRANSACTIONS: row(51, 'soon', 'The transaction before is still being ended by the brokers.'),
  TRANSACTION_COORDINATOR_FENCED: row(52, 'never'),
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: row(53, 'never', 'Give the user the missing permission.'),
  SECURITY_DISABLED: row(54, 'never', 'The cluster has no authorizer.'),
  OPERATION_NOT_ATTEMPTED: row(55, 'never'),
  KAFKA_STORAGE_ERROR: row(56, 'later', "A disk of the broker failed: look into the broker's log."),
  LOG_DIR_NOT_FOUND: row(57, 'never'),
  SASL_AUTHENTICATION_FAILED: row(58, 'never', 'Check the username and the password.'),
  UNKNOWN_PRODUCER_ID: row(59, 'never'),
  REASSIGNMENT_IN_PROGRESS: row(60, 'never', 'Wait until the reassignment of this topic is done.'),
  DELEGATION_TOKEN_AUTH_DISABLED: row(61, 'never'),
  DELEGATION_TOKEN_NOT_FOUND: row(62, 'never'),
  DELEGATION_TOKEN_OWNER_MISMATCH: row(63, 'never'),
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: row(64, 'never'),
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: row(65, 'never'),
  DELEGATION_TOKEN_EXPIRED: row(66, 'never'),
  INVALID_PRINCIPAL_TYPE: row(67, 'never'),
  NON_EMPTY_GROUP: row(68, 'never', 'The group is active on this cluster: stop its consumers there.'),
  GROUP_ID_NOT_FOUND: row(69, 'never'),
  FETCH_SESSION_ID_NOT_FOUND: row(70, 'later'),
  INVALID_FETCH_SESSION_EPOCH: row(71, 'later'),
  LISTENER_NOT_FOUND: row(72, 'later', 'A broker lacks the listener that this connection came in by.'),
  TOPIC_DELETION_DISABLED: row(73, 'never', 'Set delete.topic.enable on the brokers.'),
  FENCED_LEADER_EPOCH: row(74, 'later'),
  UNKNOWN_LEADER_EPOCH: row(75, 'later'),
  UNSUPPORTED_COMPRESSION_TYPE: row(76, 'never'),
  STALE_BROKER_EPOCH: row(77, 'never'),
  OFFSET_NOT_AVAILABLE: row(78, 'later'),
  MEMBER_ID_REQUIRED: row(79, 'never'),
  PREFERRED_LEADER_NOT_AVAILABLE: row(80, 'later'),
  GROUP_MAX_SIZE_REACHED: row(81, 'never'),
  FENCED_INSTANCE_ID: row(82, 'never'),
  ELIGIBLE_LEADERS_NOT_AVAILABLE: row(83, 'later'),
  ELECTION_NOT_NEEDED: row(84, 'later'),
  NO_REASSIGNMENT_IN_PROGRESS: row(85, 'never'),
  GROUP_SUBSCRIBED_TO_TOPIC: row(86, 'never'),
  INVALID_RECORD: row(87, 'never', 'The target refuses a record, for instance one without a key on a compacted topic.'),
  UNSTABLE_OFFSET_COMMIT: row(
    88,
    'soon',
    "A transaction holds the group's offsets back: let its producer commit or abort (kafka-transactions.sh find-hanging).",
  ),
  THROTTLING_QUOTA_EXCEEDED: row(
    89,
    'later',
    'A quota of the cluster (controller_mutation_rate) slows this user down.',
  ),
  PRODUCER_FENCED: row(90, 'never'),
  RESOURCE_NOT_FOUND: row(91, 'never'),
  DUPLICATE_RESOURCE: row(92, 'never'),
  UNACCEPTABLE_CREDENTIAL: row(93, 'never'),
  INCONSISTENT_VOTER_SET: row(94, 'never'),
  INVALID_UPDATE_VERSION: row(95, 'never'),
  FEATURE_UPDATE_FAILED: row(96, 'never'),
  PRINCIPAL_DESERIALIZATION_FAILURE: row(97, 'never'),
  SNAPSHOT_NOT_FOUND: row(98, 'never'),
  POSITION_OUT_OF_RANGE: row(99, 'never'),
  UNKNOWN_TOPIC_ID: row(100, 'later'),
  DUPLICATE_BROKER_REGISTRATION: row(101, 'never'),
  BROKER_ID_NOT_REGISTERED: row(102, 'never'),
  INCONSISTENT_TOPIC_ID: row(103, 'later'),
  INCONSISTENT_CLUSTER_ID: row(104, 'never'),
  TRANSACTIONAL_ID_NOT_FOUND: row(105, 'never'),
  FETCH_SESSION_TOPIC_ID_ERROR: row(106, 'later'),
  INELIGIBLE_REPLICA: row(107, 'never'),
  NEW_LEADER_ELECTED: row(108, 'never'),
  OFFSET_MOVED_TO_TIERED_STORAGE: row(109, 'never'),
  FENCED_MEMBER_EPOCH: row(110, 'never'),
  UNRELEASED_INSTANCE_ID: row(111, 'never'),
  UNSUPPORTED_ASSIGNOR: row(112, 'never'),
  STALE_MEMBER_EPOCH: row(113, 'never', 'The group is active on this cluster: stop its consumers there.'),
  MISMATCHED_ENDPOINT_TYPE: row(114, 'never', "The address is a controller's: name the brokers' addresses."),
  UNSUPPORTED_ENDPOINT_TYPE: row(115, 'never'),
  UNKNOWN_CONTROLLER_ID: row(116, 'never'),
  UNKNOWN_SUBSCRIPTION_ID: row(117, 'never'),
  TELEMETRY_TOO_LARGE: row(118, 'never'),
  INVALID_REGISTRATION: row(119, 'never'),
  TRANSACTION_ABORTABLE: row(120, 'never'),
  INVALID_RECORD_STATE: row(121, 'never'),
  SHARE_SESSION_NOT_FOUND: row(122, 'later'),
  INVALID_SHARE_SESSION_EPOCH: row(123, 'later'),
  FENCED_STATE_EPOCH: row(124, 'never'),
  INVALID_VOTER_KEY: row(125, 'never'),
  DUPLICATE_VOTER: row(126, 'never'),
  VOTER_NOT_FOUND: row(127, 'never'),
} as const satisfies Readonly<Record<string, KafkaError>>;

export type KafkaErrorName = keyof typeof kafkaErrors;

const byCode = new Map<number, KafkaErrorName>();
for (const [name, { code }] of Object.entries(kafkaErrors)) {
  if (isKafkaErrorName(name)) byCode.set(code, name);
}

const unknownError: KafkaError = { code: Number.NaN, retry: 'never', advice: '' };

/** Name of an error code, null for 0 (no error). A code that is newer than this table is named by its number. */
export function errorName(code: number): string | null {
  return code === 0 ? null : (byCode.get(code) ?? `UNKNOWN_ERROR_${code}`);
}

/** What the table says of a name; a name that is not in it is never retried. */
export function kafkaError(name: string): KafkaError {
  return isKafkaErrorName(name) ? kafkaErrors[name] : unknownError;
}

/** Of what brokers say about one change: later they may say otherwise. That a topic is not there is said about the change. */
export function isPassing(name: string): boolean {
  return !absenceErrors.has(name) && kafkaError(name).retry !== 'never';
}

const absenceErrors: ReadonlySet<string> = new Set<KafkaErrorName>(['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID']);

/**
 * True where another instance has taken over this transactional id, or the coordinator has forgotten it: nothing that is
 * done with this producer id and epoch can succeed any more (KIP-588 names PRODUCER_FENCED what was INVALID_PRODUCER_EPOCH).
 */
export function isFencing(name: string): boolean {
  return fencingErrors.has(name);
}

const fencingErrors: ReadonlySet<string> = new Set<KafkaErrorName>([
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'TRANSACTION_COORDINATOR_FENCED',
]);

function isKafkaErrorName(name: string): name is KafkaErrorName {
  return Object.hasOwn(kafkaErrors, name);
}

function row(code: number, retry: RetryPace, advice = ''): KafkaError {
  return { code, retry, advice };
}
