import { cpus } from 'node:os';

/** One line of the table: what kplan took, what the same run measured beside it, and what the peers took elsewhere. */
export interface PlanningRow {
  readonly what: string;
  readonly kplan: string;
  readonly beside?: string;
  readonly peers?: string;
}

/**
 * The peers' figures were measured in November 2026 on the same kind of machine (2 cores, one broker of Kafka 4.1, the same
 * 1,000 topics, medians of 3): kafka-gitops 0.2.15, topicctl 2.0.2, OpenTofu 1.12 with its Kafka provider, jikkou 1.2
 * (snapshot). No script here runs them.
 */
export const peers = {
  plan: 'kafka-gitops 1.23 s (75 lines), topicctl 2.74 s, OpenTofu 3.58 s, jikkou 4.04 s (1,134 lines and more)',
  create: 'jikkou 5.5 s, kafka-gitops 39 s, OpenTofu 107 s, topicctl 2 s a topic',
} as const;

export function planningTable(rows: readonly PlanningRow[]): string {
  const cell = (text = '-') => text;
  return [
    `Measured by \`npm run bench:planning\`: ${cpus().length} cores, one broker of Kafka 4.1 on the same machine, Node ${process.version}; whole`,
    'processes, medians. The peers were not run by it: their figures are of November 2026, on the same kind of machine.',
    '',
    '| what | kplan | beside it, in the same run | peers, quoted |',
    '|---|---|---|---|',
    ...rows.map(
      ({ what, kplan, beside, peers: quoted }) => `| ${what} | ${kplan} | ${cell(beside)} | ${cell(quoted)} |`,
    ),
    '',
  ].join('\n');
}
