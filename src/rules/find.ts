import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import { codes, type DiagnosticCode } from '../diagnostics/codes.ts';
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';
import { flowAddress } from '../execution-plan/address.ts';
import type { Flow } from '../migration/migration.ts';
import type { Place } from '../migration/place.ts';
import type { Finding } from '../resources/topic/finding.ts';
import { type PlannedTopicsInput, plannedTopics } from './planned-topic.ts';
import { clusterRules, flowRules, topicRules } from './registry.ts';
import type { ClusterRule, FlowRule, RuleContext, TopicRule } from './rule.ts';

const forTopics = entriesOf<TopicRule>(topicRules);
const forFlows = entriesOf<FlowRule>(flowRules);
const forClusters = entriesOf<ClusterRule>(clusterRules);

/** What the rules find on the wanted topics. Findings that are alike become one diagnostic later. */
export function topicRuleFindings(input: PlannedTopicsInput): readonly Finding[] {
  const findings: Finding[] = [];
  for (const topic of plannedTopics(input)) {
    const { address, name } = topic.desired;
    for (const [code, rule] of forTopics) {
      const remark = rule(topic);
      if (remark !== undefined) findings.push({ code, address, topic: name, ...remark });
    }
  }
  return findings;
}

/** What the rules find on flows and clusters, each at its line. */
export function ruleDiagnostics(context: RuleContext, place: Place): readonly Diagnostic[] {
  return [
    ...context.migration.flows.flatMap((flow, index) => flowDiagnostics(flow, index, context, place)),
    ...[...context.snapshots.values()].flatMap((cluster) => clusterDiagnostics(cluster, context, place)),
  ];
}

function flowDiagnostics(flow: Flow, index: number, context: RuleContext, place: Place): Diagnostic[] {
  return forFlows.flatMap(([code, rule]) => {
    const notice = rule(flow, context);
    const at = () => ({ address: flowAddress(flow.name), ...place(['flows', index]) });
    return notice === undefined ? [] : [diagnostic(code, { ...notice, ...at() })];
  });
}

function clusterDiagnostics(cluster: ClusterSnapshot, context: RuleContext, place: Place): Diagnostic[] {
  return forClusters.flatMap(([code, rule]) => {
    const notice = rule(cluster, context);
    return notice === undefined ? [] : [diagnostic(code, { ...notice, ...place(['clusters', cluster.name], 'key') })];
  });
}

function entriesOf<Rule>(rules: Readonly<Record<string, Rule>>): readonly (readonly [DiagnosticCode, Rule])[] {
  return Object.entries(rules).flatMap(([code, rule]) => (isCode(code) ? [[code, rule] as const] : []));
}

function isCode(code: string): code is DiagnosticCode {
  return Object.hasOwn(codes, code);
}
