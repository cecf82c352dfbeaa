/** Kafka's minor versions that the tests know, and the release of each: the newest patch on Maven Central (November 2026). */
export const kafkaReleases = { '2.8': '2.8.2', '3.9': '3.9.2', '4.1': '4.1.2' } as const;
export type KafkaVersion = keyof typeof kafkaReleases;

/** Versions whose brokers need a ZooKeeper; had as JVMs only, with one for all brokers. */
export function needsZooKeeper(version: KafkaVersion): boolean {
  return version === '2.8';
}

export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

/** What a test asks of a cluster. Everything has a default: `{}` is one broker of 4.1 that takes anybody in. */
export interface ClusterOptions {
  /** Names the cluster in messages, and in KPLAN_TEST_BOOTSTRAP. Default `cluster`. */
  readonly name?: string;
  readonly version?: KafkaVersion;
  /** Every broker is a controller as well. Default 1. */
  readonly brokers?: 1 | 2 | 3;
  /** `broker.rack` of each broker, in their order. Default: none has a rack. */
  readonly racks?: readonly string[];
  /** Broker settings (server.properties) over the defaults of `serverProperties`. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>;
  /** SASL without TLS on the listener that `bootstrap` names; user name -> password. */
  readonly sasl?: { readonly mechanisms: readonly SaslMechanism[]; readonly users: Readonly<Record<string, string>> };
  /** Kafka's StandardAuthorizer; needs `sasl`, since all others are `User:ANONYMOUS`, which is a super user here. */
  readonly authorizer?: { readonly superUsers: readonly string[]; readonly allowEveryoneIfNoAclFound?: boolean };
  /** The JVM's largest heap for each broker. Default 512. */
  readonly heapMaxMb?: number;
  /** `fast-start`: serial collector, first compiler only. `default`: the JVM's own choice, for benches. */
  readonly jvm?: 'fast-start' | 'default';
  /** Further flags of the JVM. */
  readonly jvmFlags?: readonly string[];
}

export interface ResolvedClusterOptions {
  readonly name: string;
  readonly version: KafkaVersion;
  readonly brokerCount: number;
  readonly racks: readonly string[];
  readonly properties: Readonly<Record<string, string | number | boolean>>;
  readonly sasl: ClusterOptions['sasl'];
  readonly authorizer: ClusterOptions['authorizer'];
  readonly heapMaxMb: number;
  readonly jvm: 'fast-start' | 'default';
  readonly jvmFlags: readonly string[];
}

/** Fills in the defaults. Throws on options that can't be had together. */
export function resolveClusterOptions(options: ClusterOptions): ResolvedClusterOptions {
  const {
    name = 'cluster',
    version = '4.1',
    brokers = 1,
    racks = [],
    properties = {},
    heapMaxMb = 512,
    jvm = 'fast-start',
    jvmFlags = [],
  } = options;
  const { sasl, authorizer } = options;
  if (authorizer !== undefined && sasl === undefined) {
    throw new Error(`cluster ${name}: an authorizer needs sasl, or every client is User:ANONYMOUS, a super user`);
  }
  if (authorizer !== undefined && needsZooKeeper(version)) {
    throw new Error(`cluster ${name}: an authorizer is had from Kafka 3.9 on`);
  }
  return { name, version, brokerCount: brokers, racks, properties, sasl, authorizer, heapMaxMb, jvm, jvmFlags };
}
