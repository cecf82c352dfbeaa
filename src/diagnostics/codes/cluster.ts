import type { CodeTable } from './code-definition.ts';

/** KP3xxx: connecting to clusters, and their faults. */
export const clusterCodes = {
  KP3001: {
    title: 'Cluster not reachable',
    severity: 'error',
    cause: 'None of the bootstrap addresses of a cluster answered, or a broker that the cluster names did not.',
    fix: 'Check the addresses and the network; where brokers are behind a tunnel, map their addresses with addressMap.',
  },
  KP3002: {
    title: 'Environment variable not set',
    severity: 'error',
    cause: 'A value of a cluster is read from an environment variable that is not set or empty.',
    fix: 'Set the variable for this command.',
  },
  KP3003: {
    title: 'File not readable',
    severity: 'error',
    cause: 'A value of a cluster is read from a file that is missing, empty or not readable.',
    fix: 'Check the path (relative to the plan file) and the permissions of the file.',
  },
  KP3004: {
    title: 'Connection value not usable',
    severity: 'error',
    cause: 'A value that was read for a cluster has the wrong form, for instance an address without a port.',
    fix: 'Correct the value.',
  },
  KP3005: {
    title: 'Unknown host',
    severity: 'error',
    cause: 'The name of a host could not be resolved.',
    fix: 'Check the spelling and the DNS of this machine; map private names with addressMap.',
  },
  KP3006: {
    title: 'Not a Kafka broker',
    severity: 'error',
    cause: 'Something else than a Kafka broker answered at the address.',
    fix: 'Check the port: it must be a client listener of a broker.',
  },
  KP3007: {
    title: 'TLS on one side only',
    severity: 'error',
    cause: 'The listener wants TLS and the plan file has none for the cluster, or the other way round.',
    fix: 'Add or remove tls of the cluster, or use the port of the other listener.',
  },
  KP3008: {
    title: 'TLS handshake failed',
    severity: 'error',
    cause:
      'Certificates do not fit: unknown issuer, other host name, expired, or the broker wants one from the client.',
    fix: 'Check tls.ca, tls.serverName, tls.cert and tls.key of the cluster.',
  },
  KP3009: {
    title: 'Authentication failed',
    severity: 'error',
    cause: 'The broker did not accept the credentials or does not offer the mechanism.',
    fix: 'Check mechanism, username and password (or token) of the cluster.',
  },
  KP3010: {
    title: 'Permission missing',
    severity: 'error',
    cause: 'The user of a cluster lacks an ACL that the request needs.',
    fix: 'Give the user the permission.',
  },
  KP3011: {
    title: 'Answer not readable',
    severity: 'error',
    cause: "A broker's answer does not follow the protocol.",
    fix: 'Check what stands between this machine and the broker; if it is a broker of Apache Kafka, report this as a bug.',
  },
  KP3012: {
    title: 'Request refused',
    severity: 'error',
    cause: 'A broker refused a request for a reason that does not go away by itself.',
    fix: '',
  },
  KP3013: {
    title: 'Gave up',
    severity: 'error',
    cause: 'A request failed again and again for a reason that should have gone away by itself.',
    fix: 'Check the health of the cluster, then run the command again: it continues where it was.',
  },
  KP3014: {
    title: 'Kafka too old',
    severity: 'error',
    cause: 'The brokers do not know a request that kplan needs, in any version that it can send.',
    fix: 'Use a cluster of Kafka 2.8 or newer.',
  },
  KP3015: {
    title: 'No token',
    severity: 'error',
    cause: 'The token endpoint of a cluster gave no access token.',
    fix: 'Check tokenEndpoint, clientId, clientSecret and scope of the cluster.',
  },
  KP3016: {
    title: 'Taken over by another process',
    severity: 'error',
    cause: 'Another process has taken over what this one was doing; the broker refuses what this one sends.',
    fix: 'Nothing was lost or doubled. Look for the other run, or run the command again when it has ended.',
  },
} as const satisfies CodeTable;
