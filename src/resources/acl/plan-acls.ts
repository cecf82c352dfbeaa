import type { ClusterSnapshot } from '../../cluster/snapshot.ts';
import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';
import { parseAddress } from '../../execution-plan/address.ts';
import { appliedAcl } from '../../execution-plan/applied.ts';
import type { ChangeOf } from '../../execution-plan/execution-plan.ts';
import type { Migration } from '../../migration/migration.ts';
import type { StateSnapshot } from '../../state/records.ts';
import { aclChange, aclDrift, type WantedAcl } from './acl-change.ts';
import { aclKey, aclListText } from './acl-words.ts';
import { ownAccesses } from './own-accesses.ts';
import { shutOutDiagnostics } from './shut-out.ts';
import { wantedAcls } from './wanted-acls.ts';

export interface PlannedAcls {
  /** Unchanged ones too, as `no-op`. */
  readonly changes: readonly ChangeOf<'acl'>[];
  readonly drift: readonly ChangeOf<'acl'>[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Wanted ACLs against those that live; what left the plan file is left as it is, with a note. */
export function planAcls(
  migration: Migration,
  snapshots: ReadonlyMap<string, ClusterSnapshot>,
  state: StateSnapshot,
): PlannedAcls {
  const { wanted, diagnostics } = wantedAcls(migration, snapshots);
  const changes: ChangeOf<'acl'>[] = [];
  const drift: ChangeOf<'acl'>[] = [];
  const found = [...diagnostics];
  for (const [cluster, ofCluster] of Map.groupBy(wanted, (one) => one.cluster)) {
    const snapshot = snapshots.get(cluster);
    const acls = snapshot?.acls;
    if (snapshot === undefined || acls === undefined) throw new Error(`the ACLs of ${cluster} were not read`);
    if (!acls.authorizer) found.push(withoutAuthorizer(cluster, ofCluster));
    const live = new Set(acls.entries.map(aclKey));
    const own: ChangeOf<'acl'>[] = [];
    for (const one of ofCluster) {
      const isLive = live.has(aclKey(one.acl));
      own.push(aclChange(one, isLive));
      // An ACL that must be absent and is gone is as wanted, whoever deleted it.
      const drifted = one.state === 'absent' ? null : aclDrift(one.address, isLive, appliedAcl(state, one.address));
      if (drifted !== null) drift.push(drifted);
    }
    const accesses = ownAccesses(migration, cluster);
    const real = own.filter((change) => change.action !== 'no-op');
    const visibleTopics = snapshot.topics.keys();
    found.push(...shutOutDiagnostics({ cluster, acls, changes: real, accesses, visibleTopics }));
    changes.push(...own);
  }
  const left = leftAcls(state, new Set(wanted.map((one) => one.address)), snapshots);
  return { changes, drift, diagnostics: [...found, ...left] };
}

function withoutAuthorizer(cluster: string, [first]: readonly WantedAcl[]): Diagnostic {
  const summary = `Cluster ${cluster} has no authorizer, so it keeps no ACLs.`;
  return diagnostic('KP2301', { ...(first === undefined ? {} : { address: first.address }), summary });
}

/** ACLs that kplan made and that the plan file no longer has, as far as they still live: one note for each cluster. */
function leftAcls(
  state: StateSnapshot,
  wanted: ReadonlySet<string>,
  snapshots: ReadonlyMap<string, ClusterSnapshot>,
): readonly Diagnostic[] {
  const left = [...state.applied.keys()].sort().flatMap((address) => {
    const parsed = parseAddress(address);
    const acl = appliedAcl(state, address);
    if (parsed?.kind !== 'acl' || acl === undefined || wanted.has(address)) return [];
    return [{ cluster: parsed.cluster, acl }];
  });
  return [...Map.groupBy(left, (one) => one.cluster)].flatMap(([cluster, ofCluster]) => {
    const entries = snapshots.get(cluster)?.acls?.entries;
    const live = entries === undefined ? undefined : new Set(entries.map(aclKey));
    const acls = ofCluster.map((one) => one.acl).filter((acl) => live?.has(aclKey(acl)) ?? true);
    if (acls.length === 0) return [];
    const what = acls.length === 1 ? '1 ACL of kplan is' : `${acls.length} ACLs of kplan are`;
    const summary = `${what} no longer in the plan file and left alone on ${cluster}.`;
    return [diagnostic('KP2115', { summary, detail: aclListText(acls) })];
  });
}
