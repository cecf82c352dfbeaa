import type { Acl } from '../cluster/acl.ts';
import { aclAddress, flowAddress } from '../execution-plan/address.ts';
import type { Pointer } from '../plan-file/location.ts';
import type { DeclaredAcl as AclInFile, Flow as FlowInFile, PlanFile } from '../plan-file/plan-file.generated.ts';
import type { AclSelection, DeclaredAcl } from './migration.ts';

/** One ACL for each operation that a declaration names, in the order of the plan file. */
export function declaredAcls(planFile: PlanFile): DeclaredAcl[] {
  return placedAcls(planFile).map((one) => one.declared);
}

/** Where the plan file declares an ACL, by its address, and where a flow asks for ACLs, by the flow's. */
export function aclPointers(planFile: PlanFile): [string, Pointer][] {
  const declared = placedAcls(planFile).map(({ declared: { cluster, acl }, pointer }): [string, Pointer] => [
    aclAddress(cluster, acl),
    pointer,
  ]);
  const flows = (planFile.flows ?? []).flatMap(({ name, acls }, index): [string, Pointer][] =>
    acls === undefined ? [] : [[flowAddress(name), ['flows', index, 'acls']]],
  );
  return [...declared, ...flows];
}

export function resolveFlowAcls(acls: FlowInFile['acls']): AclSelection | undefined {
  if (acls === undefined) return undefined;
  const { include, exclude = [], principals = {}, write = 'at-cutover' } = acls;
  return { include, exclude, principals, write };
}

function placedAcls(planFile: PlanFile): { readonly declared: DeclaredAcl; readonly pointer: Pointer }[] {
  return Object.entries(planFile.acls ?? {}).flatMap(([cluster, acls]) =>
    acls.flatMap((inFile, index) =>
      inFile.operations.map((operation, at) => ({
        declared: { cluster, acl: aclOf(inFile, operation), state: inFile.state ?? 'present' },
        pointer: ['acls', cluster, index, 'operations', at],
      })),
    ),
  );
}

function aclOf({ principal, resource, permission = 'allow', host = '*' }: AclInFile, operation: string): Acl {
  const { type, name, pattern = 'literal' } = resource;
  return { principal, type, pattern, name, operation, permission, host };
}
