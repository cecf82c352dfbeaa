import {
  type AclOperationLabel,
  AclOperations,
  type AclPermissionTypeLabel,
  AclPermissionTypes,
  type createAclsV3,
  type describeAclsV3,
  type ResourcePatternTypeLabel,
  ResourcePatternTypes,
  type ResourceTypeLabel,
  ResourceTypes,
} from '@platformatic/kafka';
import type { Acl } from '../../src/cluster/acl.ts';

type AclOnWire = Parameters<typeof createAclsV3.createRequest>[0][number];

/** The plan file's word of a code of the protocol: DESCRIBE_CONFIGS is `describe-configs`; `code-N` where nobody knows it. */
function wordOf(codes: Readonly<Record<string, number>>, code: number): string {
  const label = Object.keys(codes).find((name) => codes[name] === code);
  return label === undefined ? `code-${code}` : label.toLowerCase().replaceAll('_', '-');
}

/** The code of a word; throws where there is none, for a plan holds no other words. */
function codeOf<Label extends string, Code>(codes: Readonly<Record<Label, Code>>, word: string): Code {
  const name = word.toUpperCase().replaceAll('-', '_');
  const found = Object.entries<Code>(codes).find(([label]) => label === name);
  if (found === undefined) throw new Error(`Kafka has no ${word}`);
  return found[1];
}

export function aclsOfAnswer(resources: readonly describeAclsV3.DescribeAclsResponseResource[]): readonly Acl[] {
  return resources.flatMap(({ resourceType, resourcePatternType, resourceName: name, acls }) => {
    const type = wordOf(ResourceTypes, resourceType);
    const pattern = wordOf(ResourcePatternTypes, resourcePatternType);
    return acls.map(({ principal, host, operation, permissionType }) => ({
      principal,
      type,
      pattern,
      name,
      operation: wordOf(AclOperations, operation),
      permission: wordOf(AclPermissionTypes, permissionType),
      host,
    }));
  });
}

/** As a creation, and as a filter that matches this one ACL alone. */
export function aclOnWire({ principal, type, pattern, name, operation, permission, host }: Acl): AclOnWire {
  return {
    resourceType: codeOf<ResourceTypeLabel, AclOnWire['resourceType']>(ResourceTypes, type),
    resourceName: name,
    resourcePatternType: codeOf<ResourcePatternTypeLabel, AclOnWire['resourcePatternType']>(
      ResourcePatternTypes,
      pattern,
    ),
    principal,
    host,
    operation: codeOf<AclOperationLabel, AclOnWire['operation']>(AclOperations, operation),
    permissionType: codeOf<AclPermissionTypeLabel, AclOnWire['permissionType']>(AclPermissionTypes, permission),
  };
}

/** A 32-bit field of KIP-430: bit N stands for the operation of code N; undefined where the broker did not answer it. */
export function operationsOf(bits: number): readonly string[] | undefined {
  const notAnswered = -(2 ** 31);
  if (bits === notAnswered) return undefined;
  return Object.values(AclOperations).flatMap((code) =>
    code > AclOperations.ALL && ((bits >>> code) & 1) === 1 ? [wordOf(AclOperations, code)] : [],
  );
}
