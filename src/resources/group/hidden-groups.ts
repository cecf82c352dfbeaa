import { type HeldRights, resourceKey } from '../../cluster/rights.ts';
import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';
import type { ClusterDefinition, Flow } from '../../migration/migration.ts';
import { isPattern } from '../../migration/patterns.ts';
import { aclCommand } from '../acl/acl-command.ts';

/**
 * Whether groups of a flow may be hidden: without DESCRIBE on the cluster brokers list only groups that the user may describe
 * (KafkaApis.handleListGroupsRequest), and what matches a pattern, or has a name, is looked for among them.
 */
export function mayHideGroups(flows: readonly Flow[], cluster: string, held: HeldRights): boolean {
  const onCluster = held.get(resourceKey({ type: 'cluster', name: 'kafka-cluster' }));
  const looksForMore = flows.some(({ source, groups, groupMembers = [] }) => {
    const isOpen = (text: string) => isPattern(text) || !groupMembers.includes(text);
    return source === cluster && groups !== undefined && groups.include.some(isOpen);
  });
  return looksForMore && onCluster !== undefined && !onCluster.includes('describe');
}

export interface HiddenGroups {
  /** The source's name in the plan file. */
  readonly cluster: string;
  readonly definition: ClusterDefinition;
  /** Absent where only the brokers know it. */
  readonly principal?: string | undefined;
}

export function hiddenGroupsNote({ cluster, definition, principal }: HiddenGroups): Diagnostic {
  const who = principal ?? "kplan's principal";
  return diagnostic('KP2415', {
    summary: `${who} lacks DESCRIBE on cluster ${cluster}: groups that it may not see are not listed, and do not come along.`,
    fix: aclCommand({ definition, principal, operations: ['describe'], flag: '--cluster', names: [] }),
  });
}
