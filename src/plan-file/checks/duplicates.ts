import { quotaAddress } from '../../execution-plan/address.ts';
import type { Pointer } from '../location.ts';
import type { DeclaredAcl, Flow, PlanFile } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';

interface Named {
  readonly name: string;
  readonly pointer: Pointer;
}

/** Flows and cutovers of one name, mappings of one source, ACLs and quotas that are declared twice. */
export function checkDuplicates(planFile: PlanFile): PlacedMistake[] {
  const flows = planFile.flows ?? [];
  const cutovers = planFile.cutovers ?? [];
  return [
    ...repeated('KP1104', named(flows, 'flows'), (name) => `Another flow is already called \`${name}\`.`),
    ...repeated('KP1104', named(cutovers, 'cutovers'), (name) => `Another cutover is already called \`${name}\`.`),
    ...flows.flatMap((flow, index) =>
      repeated('KP1105', mappingSources(flow, index), (name) => `\`${name}\` is already mapped in this flow.`),
    ),
    ...Object.entries(planFile.acls ?? {}).flatMap(([cluster, acls]) =>
      repeated('KP1127', aclKeys(acls, cluster), () => 'This ACL is already declared for the cluster.'),
    ),
    ...Object.entries(planFile.quotas ?? {}).flatMap(([cluster, quotas]) => {
      const keys = quotas.map(({ entity }, at) => ({
        name: quotaAddress(cluster, entity),
        pointer: ['quotas', cluster, at],
      }));
      return repeated('KP1127', keys, (address) => `\`${address}\` is already declared for the cluster.`);
    }),
  ];
}

function named(items: readonly { readonly name: string }[], key: string): Named[] {
  return items.map((item, index) => ({ name: item.name, pointer: [key, index, 'name'] }));
}

function mappingSources(flow: Flow, index: number): Named[] {
  const mappings = flow.mappings ?? [];
  return mappings.map((mapping, at) => ({
    name: mapping.source,
    pointer: ['flows', index, 'mappings', at, 'source'],
  }));
}

function aclKeys(acls: readonly DeclaredAcl[], cluster: string): Named[] {
  return acls.flatMap((acl, index) =>
    acl.operations.map((operation, at) => {
      const { principal, resource, permission = 'allow', host = '*' } = acl;
      const { type, name, pattern = 'literal' } = resource;
      const key = JSON.stringify([principal, type, name, pattern, operation, permission, host]);
      return { name: key, pointer: ['acls', cluster, index, 'operations', at] };
    }),
  );
}

function repeated(
  code: 'KP1104' | 'KP1105' | 'KP1127',
  items: readonly Named[],
  summary: (name: string) => string,
): PlacedMistake[] {
  const seen = new Set<string>();
  return items.flatMap(({ name, pointer }) => {
    if (seen.has(name)) return [{ code, pointer, at: 'value', summary: summary(name) } as const];
    seen.add(name);
    return [];
  });
}
