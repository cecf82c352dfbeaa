import { needsZooKeeper, type ResolvedClusterOptions } from './options.ts';

/** Where one broker listens and keeps its data. */
export interface BrokerPlace {
  readonly id: number;
  /** Address to bind; what is advertised is always 127.0.0.1. */
  readonly bindHost: '127.0.0.1' | '0.0.0.0';
  readonly clientPort: number;
  readonly internalPort: number;
  readonly controllerPort: number;
  readonly dataFolder: string;
}

/** The text of server.properties for `place`, a combined broker and controller of the cluster made of `places`, or a broker with a ZooKeeper. */
export function serverProperties(
  options: ResolvedClusterOptions,
  place: BrokerPlace,
  places: readonly BrokerPlace[],
): string {
  const settings = {
    ...listenerSettings(options, place),
    ...quorumSettings(options, place, places),
    ...smallClusterSettings(places.length),
    ...(options.sasl === undefined ? {} : saslSettings(options.sasl)),
    ...(options.authorizer === undefined ? {} : authorizerSettings(options.authorizer)),
    ...rackSettings(options.racks[place.id - 1]),
    'log.dirs': place.dataFolder,
    ...options.properties,
  };
  return propertiesText(settings);
}

function propertiesText(settings: Readonly<Record<string, string | number | boolean>>): string {
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${String(value).replaceAll('\\', '\\\\')}`);
  return `${lines.join('\n')}\n`;
}

/** One ZooKeeper for all brokers, on the controller port of the first. */
export function zooKeeperProperties({ controllerPort, dataFolder }: BrokerPlace): string {
  return propertiesText({
    dataDir: `${dataFolder}-zookeeper`,
    clientPort: controllerPort,
    clientPortAddress: '127.0.0.1',
    'admin.enableServer': false,
    maxClientCnxns: 0,
  });
}

function listenerSettings(options: ResolvedClusterOptions, place: BrokerPlace) {
  const { bindHost, clientPort, internalPort } = place;
  const clientProtocol = options.sasl === undefined ? 'PLAINTEXT' : 'SASL_PLAINTEXT';
  return {
    listeners: `CLIENT://${bindHost}:${clientPort},INTERNAL://${bindHost}:${internalPort}`,
    'advertised.listeners': `CLIENT://127.0.0.1:${clientPort},INTERNAL://127.0.0.1:${internalPort}`,
    'listener.security.protocol.map': `CLIENT:${clientProtocol},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    'inter.broker.listener.name': 'INTERNAL',
  };
}

function quorumSettings(
  options: ResolvedClusterOptions,
  { id, bindHost, clientPort, internalPort, controllerPort }: BrokerPlace,
  places: readonly BrokerPlace[],
): Record<string, string | number> {
  if (needsZooKeeper(options.version)) {
    return { 'broker.id': id, 'zookeeper.connect': `127.0.0.1:${places[0]?.controllerPort}` };
  }
  return {
    'process.roles': 'broker,controller',
    // Four of them fit into the shortest session that tests ask for: on a busy machine one may come late.
    'broker.heartbeat.interval.ms': 500,
    'node.id': id,
    'controller.quorum.voters': places.map((one) => `${one.id}@127.0.0.1:${one.controllerPort}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: `CLIENT://${bindHost}:${clientPort},INTERNAL://${bindHost}:${internalPort},CONTROLLER://${bindHost}:${controllerPort}`,
  };
}

/** Internal topics and threads for one to three brokers on one machine; groups form without the usual 3 s of waiting. */
function smallClusterSettings(brokerCount: number) {
  const inSyncMin = Math.min(2, brokerCount);
  return {
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.num.partitions': 5,
    'offsets.topic.replication.factor': brokerCount,
    'transaction.state.log.num.partitions': 5,
    'transaction.state.log.replication.factor': brokerCount,
    'transaction.state.log.min.isr': inSyncMin,
    'share.coordinator.state.topic.replication.factor': brokerCount,
    'share.coordinator.state.topic.min.isr': inSyncMin,
    'log.cleaner.dedupe.buffer.size': 8_388_608,
    'num.network.threads': 2,
    'num.io.threads': 4,
  };
}

function rackSettings(rack: string | undefined): Record<string, string> {
  return rack === undefined ? {} : { 'broker.rack': rack };
}

function saslSettings({ mechanisms, users }: NonNullable<ResolvedClusterOptions['sasl']>): Record<string, string> {
  const settings: Record<string, string> = { 'listener.name.client.sasl.enabled.mechanisms': mechanisms.join(',') };
  for (const mechanism of mechanisms) {
    settings[`listener.name.client.${mechanism.toLowerCase()}.sasl.jaas.config`] =
      mechanism === 'PLAIN'
        ? `org.apache.kafka.common.security.plain.PlainLoginModule required ${plainUsers(users)};`
        : 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  }
  return settings;
}

function plainUsers(users: Readonly<Record<string, string>>): string {
  return Object.entries(users)
    .map(([name, password]) => `user_${name}="${password}"`)
    .join(' ');
}

function authorizerSettings({
  superUsers,
  allowEveryoneIfNoAclFound = false,
}: NonNullable<ResolvedClusterOptions['authorizer']>) {
  return {
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': ['User:ANONYMOUS', ...superUsers].join(';'),
    'allow.everyone.if.no.acl.found': allowEveryoneIfNoAclFound,
  };
}

/** Arguments of kafka.tools.StorageTool that format `propertiesFile`'s data folder, SCRAM users included; none with a ZooKeeper. */
export function formatArguments(options: ResolvedClusterOptions, clusterId: string, propertiesFile: string): string[] {
  if (needsZooKeeper(options.version)) {
    return [];
  }
  const args = ['format', '--cluster-id', clusterId, '--config', propertiesFile];
  for (const mechanism of options.sasl?.mechanisms ?? []) {
    if (mechanism === 'PLAIN') {
      continue;
    }
    for (const [name, password] of Object.entries(options.sasl?.users ?? {})) {
      args.push('--add-scram', `${mechanism}=[name=${name},password=${password}]`);
    }
  }
  return args;
}
