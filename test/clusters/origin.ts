import type { ClusterOrigin } from './cluster.ts';

/** What this machine has to offer. */
export interface ClusterMeans {
  /** KPLAN_TEST_BOOTSTRAP names brokers for this very cluster. */
  readonly named: boolean;
  /** A container runtime answered. */
  readonly docker: boolean;
  /** Major version of `java`, 0 where there is none. */
  readonly javaMajor: number;
  readonly maven: boolean;
  /** Kafka's jars were fetched before: Maven isn't needed. */
  readonly jars: boolean;
}

export type OriginChoice = { readonly origin: ClusterOrigin } | { readonly origin: 'none'; readonly message: string };

/** Brokers of 4.x need Java 17. */
const javaMajorMin = 17;

/** How a Kafka is had: brokers that the user named, else Docker, else a JVM. Where none can be had, says what to install. */
export function chooseOrigin({ named, docker, javaMajor, maven, jars }: ClusterMeans): OriginChoice {
  if (named) {
    return { origin: 'named' };
  }
  if (docker) {
    return { origin: 'docker' };
  }
  if (javaMajor >= javaMajorMin && (maven || jars)) {
    return { origin: 'jvm' };
  }
  const missing = [
    ...(javaMajor >= javaMajorMin ? [] : [javaMajor === 0 ? 'no java was found' : `java is version ${javaMajor}`]),
    ...(maven || jars ? [] : ['no mvn was found']),
  ];
  return {
    origin: 'none',
    message: `no Kafka for the integration tests: no container runtime answers, and ${missing.join(', and ')}.
Do one of these:
  - install Java ${javaMajorMin} or later and Maven (Debian: apt-get install openjdk-17-jre-headless maven)
  - start Docker
  - name running brokers: KPLAN_TEST_BOOTSTRAP="source=host:9092;target=host:9092"`,
  };
}

/** Major version from what `java -version` prints, 0 where it can't be told. */
export function javaMajorOf(versionText: string): number {
  const match = /version "(?:1\.)?(\d+)/.exec(versionText);
  return match?.[1] === undefined ? 0 : Number(match[1]);
}

/**
 * Reads KPLAN_TEST_BOOTSTRAP: `name=host:port,host:port;name2=host:port`. A cluster that a test asks for by that name
 * is then taken from there; every other cluster comes from Docker or a JVM. The brokers must take plain connections.
 */
export function namedClusters(text: string | undefined): ReadonlyMap<string, readonly string[]> {
  const clusters = new Map<string, readonly string[]>();
  for (const entry of (text ?? '').split(';').filter((part) => part.trim() !== '')) {
    const [name = '', servers = '', ...rest] = entry.split('=').map((part) => part.trim());
    const bootstrap = servers.split(',').map((server) => server.trim());
    if (name === '' || rest.length > 0 || !bootstrap.every((server) => /^\S+:\d{1,5}$/.test(server))) {
      throw new Error(`KPLAN_TEST_BOOTSTRAP: "${entry}" is not name=host:port,host:port`);
    }
    clusters.set(name, bootstrap);
  }
  return clusters;
}
