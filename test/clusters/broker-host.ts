/** Where the brokers of one cluster run: on this machine (jvm-host.ts) or in a container (docker-host.ts). */
export interface BrokerHost {
  readonly origin: 'docker' | 'jvm';
  readonly bindHost: '127.0.0.1' | '0.0.0.0';
  dataFolder(brokerId: number): string;
  /** Writes the broker's server.properties and formats its data folder, where `formatArguments` (given the file's path) has any. */
  format(brokerId: number, properties: string, formatArguments: (file: string) => readonly string[]): Promise<void>;
  /** Starts the ZooKeeper of the cluster's brokers, which ends with the cluster. */
  startZooKeeper(properties: string): Promise<void>;
  /** Starts a formatted broker. Resolves to its process id, where it is a process of this machine, at once. */
  start(brokerId: number): Promise<number | undefined>;
  /** Resolves once the broker is gone. */
  stop(brokerId: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Whether the broker ended without being told to. */
  hasDied(brokerId: number): Promise<boolean>;
  logTail(brokerId: number): Promise<string>;
  /** Kills all and throws the data away. */
  close(): Promise<void>;
}

/** Lines of a broker's log that an error shows. */
export const logTailLines = 40;
