import type { Acl, AclSnapshot } from '../cluster/acl.ts';
import { aclListText } from '../resources/acl/acl-words.ts';
import { impossible } from '../resources/acl/possible-acl.ts';
import { byText, type ImportedSection, obeysSchema } from './imported.ts';

/** An entry of the section `acls`; `literal`, `allow` and every host are left to the defaults. */
interface AclEntry {
  readonly principal: string;
  readonly resource: { readonly type: string; readonly name: string; readonly pattern?: string };
  readonly operations: readonly string[];
  readonly permission?: string;
  readonly host?: string;
}

/** The ACLs of a cluster as the plan file declares them: those that differ in the operation alone are one entry. */
export function importedAcls(acls: AclSnapshot | undefined): ImportedSection<AclEntry> {
  const live = Map.groupBy(acls?.entries ?? [], (acl) => isDeclarable(acl));
  const alike = Map.groupBy(live.get(true) ?? [], (acl) => entryKey(acl));
  const entries = [...alike]
    .sort(([a], [b]) => byText(a, b))
    .map(([, same]) => ({ entry: entryOf(same), remarks: [] }));
  const left = (live.get(false) ?? []).map((acl) => aclListText([acl])).sort(byText);
  return { entries, remarks: left.map((text) => `Left out, since a plan file can not have it: ${text}`) };
}

function isDeclarable(acl: Acl): boolean {
  return impossible(acl) === null && obeysSchema('acls', entryOf([acl]));
}

function entryKey({ principal, type, pattern, name, permission, host }: Acl): string {
  return JSON.stringify([principal, type, name, pattern, permission, host]);
}

/** @param same ACLs that differ in the operation alone */
function entryOf(same: readonly Acl[]): AclEntry {
  const [first] = same;
  if (first === undefined) throw new Error('an entry of no ACL');
  const { principal, type, name, pattern, permission, host } = first;
  return {
    principal,
    resource: { type, name, ...(pattern === 'literal' ? {} : { pattern }) },
    operations: same.map((acl) => acl.operation).sort(byText),
    ...(permission === 'allow' ? {} : { permission }),
    ...(host === '*' ? {} : { host }),
  };
}
