import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import { codes } from '../diagnostics/codes.ts';
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';
import type { Migration } from '../migration/migration.ts';
import { planAcls } from '../resources/acl/plan-acls.ts';
import { flowChange } from '../resources/flow/flow-change.ts';
import { quotaChanges } from '../resources/quota/quota-changes.ts';
import { absentTopics, type DeletePolicy } from '../resources/topic/absent-topics.ts';
import { desiredTopics, snapshotOf } from '../resources/topic/desired-topic.ts';
import { diagnosticsOf } from '../resources/topic/finding.ts';
import { healthFindings } from '../resources/topic/live-health.ts';
import { partitioningFindings } from '../resources/topic/other-partitioning.ts';
import { planReassignments } from '../resources/topic/placement/reassignment.ts';
import { topicChange, topicDrift } from '../resources/topic/topic-change.ts';
import { type TopicPolicies, topicFindings } from '../resources/topic/topic-rules.ts';
import { topicRuleFindings } from '../rules/find.ts';
import type { StateSnapshot } from '../state/records.ts';
import { flowAddress, parseAddress } from './address.ts';
import { appliedFlow, appliedTopic } from './applied.ts';
import type { Change } from './execution-plan.ts';
import { isGone } from './gone.ts';

export interface CompileInput {
  readonly migration: Migration;
  readonly snapshots: ReadonlyMap<string, ClusterSnapshot>;
  readonly state: StateSnapshot;
  readonly policies: TopicPolicies & DeletePolicy;
}

export interface Compiled {
  /** Unchanged resources too, as `no-op`; topics first, each kind in the order of the migration. */
  readonly changes: readonly Change[];
  readonly drift: readonly Change[];
  readonly diagnostics: readonly Diagnostic[];
  /** Addresses of topics that a finding keeps from being applied. */
  readonly faulty: ReadonlySet<string>;
}

/** Compares what is wanted with what lives and with what was applied. */
export function compile({ migration, snapshots, state, policies }: CompileInput): Compiled {
  const desired = desiredTopics(migration, snapshots);
  const changes: Change[] = [];
  const drift: Change[] = [];
  const findings = [...desired.findings];
  // Two wishes for one topic are an error of the resolution; here the first one stands.
  const topics = new Map(desired.topics.toReversed().map((topic) => [topic.address, topic]));
  const wanted = [...topics.values()].toReversed();
  const reassignments = planReassignments(wanted, snapshots);
  for (const topic of wanted) {
    const cluster = snapshotOf(snapshots, topic.cluster);
    const live = cluster.topics.get(topic.name);
    const applied = appliedTopic(state, topic.address);
    changes.push(topicChange(topic, live, applied, reassignments.get(topic.address)));
    const drifted = topicDrift(topic.address, live, applied);
    if (drifted !== null) drift.push(drifted);
    const flow = topic.mirrored && appliedFlow(state, flowAddress(topic.mirrored.flow));
    findings.push(...topicFindings(topic, cluster, policies, (applied ?? flow) !== undefined));
    findings.push(...healthFindings(topic, cluster));
  }
  findings.push(...partitioningFindings(wanted, snapshots, state));
  for (const one of topicRuleFindings({ snapshots, state, desired: wanted })) findings.push(one);
  const absent = absentTopics(migration, snapshots, policies);
  changes.push(...absent.changes);
  findings.push(...absent.findings);
  const quotas = quotaChanges(migration, snapshots, state);
  changes.push(...quotas.changes);
  drift.push(...quotas.drift);
  const acls = planAcls(migration, snapshots, state);
  changes.push(...acls.changes);
  drift.push(...acls.drift);
  for (const flow of migration.flows) changes.push(flowChange(flow, appliedFlow(state, flowAddress(flow.name))));
  const planned = new Set(changes.map((change) => change.address));
  return {
    changes,
    drift,
    faulty: new Set(findings.flatMap((one) => (codes[one.code].severity === 'error' ? [one.address] : []))),
    diagnostics: [
      ...absent.diagnostics,
      ...diagnosticsOf(findings),
      ...acls.diagnostics,
      ...leftDiagnostics(state, planned, snapshots),
    ],
  };
}

/**
 * What left the plan file is never deleted, only mentioned for as long as it is there; ACLs, of which there are many, have
 * a note of their own.
 */
function leftDiagnostics(
  state: StateSnapshot,
  planned: ReadonlySet<string>,
  snapshots: CompileInput['snapshots'],
): Diagnostic[] {
  return [...state.applied]
    .filter(([address, record]) => !planned.has(address) && !isGone(address, record.state, snapshots))
    .map(([address]) => address)
    .filter((address) => parseAddress(address)?.kind !== 'acl')
    .sort()
    .map((address) =>
      diagnostic('KP2115', { address, summary: `${address} is no longer in the plan file and is left as it is.` }),
    );
}
