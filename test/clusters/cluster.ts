import type { KafkaVersion } from './options.ts';

/** One broker of a running test cluster. */
export interface TestBroker {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  /** Process id of the JVM; absent where the broker isn't a process of ours or is stopped. */
  readonly pid: number | undefined;
  /**
   * Stops the broker (SIGTERM: a clean shutdown; SIGKILL: a crash) and resolves once it is gone. Its data stays. After a
   * crash the cluster takes it back only when its session is over: set `broker.session.timeout.ms` (9 s) lower for that.
   */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it again on the same port with its data and resolves once it answers. */
  start(): Promise<void>;
}

export type ClusterOrigin = 'named' | 'docker' | 'jvm';

/** A running Kafka. Its data is thrown away by `stop`. */
export interface TestCluster {
  readonly name: string;
  readonly version: KafkaVersion;
  /** `release` as Kafka names it, such as 4.1.2; absent where KPLAN_TEST_BOOTSTRAP named the brokers. */
  readonly release: string | undefined;
  readonly origin: ClusterOrigin;
  /** host:port of the listener for clients (with SASL where the options asked for it). */
  readonly bootstrap: readonly string[];
  /** host:port of a plain listener on which everybody is a super user: to set a test up, and to look behind ACLs. */
  readonly internalBootstrap: readonly string[];
  readonly brokers: readonly TestBroker[];
  stop(): Promise<void>;
}
