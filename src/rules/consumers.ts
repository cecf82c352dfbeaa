import { named } from '../diagnostics/named.ts';
import { flowAddress } from '../execution-plan/address.ts';
import { appliedFlow } from '../execution-plan/applied.ts';
import type { Flow } from '../migration/migration.ts';
import type { RuleContext, RuleNotice } from './rule.ts';

/** The first version whose brokers refuse clients older than 2.1 (KIP-896). */
const dropsOldClients = 4;
/** The first version that has the consumer protocol without being asked (KIP-848). */
const hasConsumerProtocol = 4;

/** Said once, when the flow is made, where consumers are known to come along and transactions may be aborted. */
export function uncommittedReaders(flow: Flow, context: RuleContext): RuleNotice | undefined {
  if (flow.delivery === 'idempotent' || !bringsConsumers(flow, context)) return undefined;
  return { summary: `Consumers of what flow ${flow.name} mirrors should read committed records only.` };
}

/**
 * What clients there are nobody tells; the versions that both clusters run tell whether it matters, finalized or not. Said
 * once.
 */
export function clientsTooOld(flow: Flow, context: RuleContext): RuleNotice | undefined {
  const [source, target] = [flow.source, flow.target].map(
    (name) => majorsOf(context.snapshots.get(name)?.kafkaVersion).running,
  );
  if (source === undefined || target === undefined || source >= dropsOldClients || target < dropsOldClients) {
    return undefined;
  }
  if (!bringsConsumers(flow, context)) return undefined;
  return { summary: `Clients older than Kafka 2.1 can not connect to ${flow.target}.` };
}

/** A cluster that is being upgraded has the protocol when that is finalized. */
export function protocolTheTargetLacks(flow: Flow, { snapshots }: RuleContext): RuleNotice | undefined {
  const { kafkaVersion } = snapshots.get(flow.target) ?? {};
  const { agreed } = majorsOf(kafkaVersion);
  if (agreed === undefined || agreed >= hasConsumerProtocol) return undefined;
  const members = new Set(flow.groupMembers);
  const found = (snapshots.get(flow.source)?.groups ?? [])
    .filter(({ group, type }) => members.has(group) && type.toLowerCase() === 'consumer')
    .map(({ group }) => group);
  if (found.length === 0) return undefined;
  const [what, are] = found.length === 1 ? ['1 group', 'is'] : [`${found.length} groups`, 'are'];
  return {
    summary: `Of flow ${flow.name}, ${what} ${are} of the consumer protocol, which ${flow.target} (Kafka ${kafkaVersion}) lacks.`,
    detail: named(found),
  };
}

function bringsConsumers(flow: Flow, { state }: RuleContext): boolean {
  const isNew = appliedFlow(state, flowAddress(flow.name)) === undefined;
  return isNew && (flow.groupMembers ?? []).length > 0;
}

/** "3.9-4.1": the brokers agreed on 3.9, and run 4.1. */
function majorsOf(kafkaVersion = ''): { readonly agreed: number | undefined; readonly running: number | undefined } {
  const [agreed, running = agreed] = kafkaVersion.split('-').map((one) => Number.parseInt(one, 10));
  const known = (major: number | undefined) => (Number.isNaN(major) ? undefined : major);
  return { agreed: known(agreed), running: known(running) };
}
