import { flowAddress } from '../execution-plan/address.ts';
import { appliedFlow } from '../execution-plan/applied.ts';
import type { Flow } from '../migration/migration.ts';
import type { RuleContext, RuleNotice } from './rule.ts';

/** The first version whose brokers refuse clients older than 2.1 (KIP-896). */
const dropsOldClients = 4;

/** Said once, when the flow is made, where consumers are known to come along and transactions may be aborted. */
export function uncommittedReaders(flow: Flow, context: RuleContext): RuleNotice | undefined {
  if (flow.delivery === 'idempotent' || !bringsConsumers(flow, context)) return undefined;
  return { summary: `Consumers of what flow ${flow.name} mirrors should read committed records only.` };
}

/** What clients there are nobody tells; the versions of both clusters tell whether it matters. Said once. */
export function clientsTooOld(flow: Flow, context: RuleContext): RuleNotice | undefined {
  const [source, target] = [flow.source, flow.target].map((name) => majorOf(context.snapshots.get(name)?.kafkaVersion));
  if (source === undefined || target === undefined || source >= dropsOldClients || target < dropsOldClients) {
    return undefined;
  }
  if (!bringsConsumers(flow, context)) return undefined;
  return { summary: `Clients older than Kafka 2.1 can not connect to ${flow.target}.` };
}

function bringsConsumers(flow: Flow, { state }: RuleContext): boolean {
  const isNew = appliedFlow(state, flowAddress(flow.name)) === undefined;
  return isNew && (flow.groupMembers ?? []).length > 0;
}

/** Of "4.0-4.1" the lower one. */
function majorOf(kafkaVersion: string | undefined): number | undefined {
  const major = Number.parseInt(kafkaVersion ?? '', 10);
  return Number.isNaN(major) ? undefined : major;
}
