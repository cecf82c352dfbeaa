import type { Refusal } from '../cluster/requests.ts';
import type { DiagnosticCode } from '../diagnostics/codes.ts';
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';
import { named } from '../diagnostics/named.ts';
import { parseAddress } from './address.ts';

const verbs = {
  CreateTopics: 'create',
  CreatePartitions: 'add partitions to',
  IncrementalAlterConfigs: 'alter',
  AlterClientQuotas: 'alter',
} as const satisfies Record<Refusal['request'], string>;

/** Better advice than that of the code, by Kafka's name of the error. */
const fixes: Readonly<Record<string, string>> = {
  TOPIC_ALREADY_EXISTS:
    "Plan again, in case it was made meanwhile; if it is there still, give kplan's principal DESCRIBE on it.",
  UNKNOWN_TOPIC_OR_PARTITION: 'Plan again: it was deleted meanwhile.',
  REASSIGNMENT_IN_PROGRESS: 'Plan again when the reassignment of its replicas is done.',
};

/** One for all changes that a cluster refuses alike, at the first of them, in the order of the answers. */
export function refusalDiagnostics(cluster: string, refusals: readonly Refusal[]): readonly Diagnostic[] {
  const alike = Map.groupBy(refusals, (one) => `${one.request} ${one.error} ${withoutName(one)}`);
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [refusalDiagnostic(cluster, first, group)];
  });
}

function refusalDiagnostic(cluster: string, first: Refusal, group: readonly Refusal[]): Diagnostic {
  const { address, request, error, message } = first;
  const names = group.map((one) => one.address);
  const what = names.length === 1 ? address : `${names.length.toLocaleString('en-US')} ${kindOf(first)}`;
  const code = codeOf(first);
  const summary =
    code === 'KP2403'
      ? `Cluster ${cluster} can not say whether it would ${verbs[request]} ${what}: ${error}.`
      : `Cluster ${cluster} refuses to ${verbs[request]} ${what}: ${error}.`;
  const words = message === undefined ? [] : [`The broker says: ${message}`];
  const detail = [...words, ...(names.length === 1 ? [] : [named(names)])].join('\n');
  return diagnostic(code, { address, summary, ...(detail === '' ? {} : { detail }), fix: fixes[error] });
}

function codeOf({ error, isPassing }: Refusal): DiagnosticCode {
  if (isPassing) return 'KP2403';
  return error === 'POLICY_VIOLATION' ? 'KP2402' : 'KP2401';
}

function kindOf({ request }: Refusal): string {
  return request === 'AlterClientQuotas' ? 'quotas' : 'topics';
}

/** Brokers put the name of the topic into what they say: a thousand topics are one diagnostic all the same. */
function withoutName({ address, message = '' }: Refusal): string {
  const parsed = parseAddress(address);
  return parsed?.kind === 'topic' ? message.replaceAll(parsed.name, '') : message;
}
