import type { ClusterSnapshot } from '../../cluster/snapshot.ts';
import { type Diagnostic, diagnostic } from '../../diagnostics/diagnostic.ts';
import { aclAddress, flowAddress } from '../../execution-plan/address.ts';
import type { Flow, Migration } from '../../migration/migration.ts';
import type { WantedAcl } from './acl-change.ts';
import { aclListText } from './acl-words.ts';
import { broughtAcls } from './brought-acls.ts';
import { impossible } from './possible-acl.ts';

export interface WantedAcls {
  /** One for each address: declared ones first, in the order of the plan file, then what flows bring along. */
  readonly wanted: readonly WantedAcl[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What the plan file declares and what its flows bring along; the same ACL by both is one. */
export function wantedAcls(migration: Migration, snapshots: ReadonlyMap<string, ClusterSnapshot>): WantedAcls {
  const wanted = new Map<string, WantedAcl>();
  const diagnostics: Diagnostic[] = [];
  for (const { cluster, acl, state } of migration.acls ?? []) {
    const address = aclAddress(cluster, acl);
    const problem = state === 'present' ? impossible(acl) : null;
    const reason = state === 'present' ? 'declared in the plan file' : 'declared absent in the plan file';
    wanted.set(address, { address, cluster, acl, state, reason });
    if (problem !== null) diagnostics.push(diagnostic('KP2310', { address, summary: `No such ACL: ${problem}.` }));
  }
  for (const flow of migration.flows) {
    const found = ofFlow(flow, snapshots);
    diagnostics.push(...found.diagnostics);
    for (const one of found.wanted) {
      const declared = wanted.get(one.address);
      if (declared === undefined) wanted.set(one.address, one);
      else if (declared.state === 'absent') diagnostics.push(bothWays(flow, one));
    }
  }
  return { wanted: [...wanted.values()], diagnostics };
}

function ofFlow(flow: Flow, snapshots: ReadonlyMap<string, ClusterSnapshot>): WantedAcls {
  const source = snapshots.get(flow.source)?.acls;
  if (flow.acls === undefined || source === undefined) return { wanted: [], diagnostics: [] };
  const address = flowAddress(flow.name);
  if (!source.authorizer) {
    const summary = `Flow ${flow.name} brings no ACLs along: ${flow.source} has no authorizer.`;
    return { wanted: [], diagnostics: [diagnostic('KP2309', { address, summary })] };
  }
  const { brought, waiting, tooWide, unmatched } = broughtAcls(flow, flow.acls, source.entries);
  const reason = `flow ${flow.name} brings it along`;
  const wanted = brought.map((acl): WantedAcl => {
    return { address: aclAddress(flow.target, acl), cluster: flow.target, acl, state: 'present', reason };
  });
  const note = (code: 'KP2305' | 'KP2306', summary: string, acls: typeof tooWide) =>
    acls.length === 0 ? [] : [diagnostic(code, { address, summary, detail: aclListText(acls) })];
  const diagnostics = [
    ...unmatched.map((text) => {
      const summary = `No principal with ACLs on ${flow.source} matches "${text}".`;
      return diagnostic('KP2309', { address, summary });
    }),
    ...note(
      'KP2305',
      `Flow ${flow.name} leaves the right to write of ${counted(waiting.length)} to its cutover.`,
      waiting,
    ),
    ...note(
      'KP2306',
      `Flow ${flow.name} does not bring ${counted(tooWide.length)} along: more than its topics and groups is meant.`,
      tooWide,
    ),
  ];
  return { wanted, diagnostics };
}

function bothWays(flow: Flow, { address }: WantedAcl): Diagnostic {
  const summary = `Flow ${flow.name} brings an ACL along that the plan file declares absent.`;
  return diagnostic('KP2307', { address, summary });
}

function counted(count: number): string {
  return `${count} ACL${count === 1 ? '' : 's'}`;
}
