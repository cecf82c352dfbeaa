import type { Acl } from '../cluster/acl.ts';
import type { Change, QuotaState, TopicState } from '../execution-plan/execution-plan.ts';
import { aclWords } from '../resources/acl/acl-words.ts';
import { limitNames } from '../resources/quota/live-quota.ts';
import { placementFields } from './placement-fields.ts';

/** One line of a change. undefined: not there on this side; null: the default holds. */
export interface ChangedField {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
  /** A setting of Kafka, for the count of those that are hidden. */
  readonly isSetting: boolean;
}

/** Every field of a change, changed or not, in the order in which people read them. */
export function fieldsOf(change: Change): readonly ChangedField[] {
  if (change.kind === 'acl') return [aclField(change.before, change.after)];
  if (change.kind === 'quota') return quotaFields(change.before, change.after);
  return change.kind === 'topic' ? topicFields(change.before, change.after) : flowFields(change.before, change.after);
}

function aclField(before: Acl | null, after: Acl | null): ChangedField {
  const words = (acl: Acl | null) => (acl === null ? undefined : `${acl.principal}: ${aclWords(acl)}`);
  return { name: 'acl', before: words(before), after: words(after), isSetting: false };
}

export function isChanged(field: ChangedField): boolean {
  return JSON.stringify(field.before) !== JSON.stringify(field.after);
}

function topicFields(before: TopicState | null, after: TopicState | null): ChangedField[] {
  const names = new Set([...Object.keys(before?.config ?? {}), ...Object.keys(after?.config ?? {})]);
  const own = (['partitions', 'replicationFactor'] as const).map((name) => ({
    name,
    before: before?.[name],
    after: after?.[name],
    isSetting: false,
  }));
  const settings = [...names].sort().map((name) => ({
    name,
    before: before?.config[name],
    after: after?.config[name],
    isSetting: true,
  }));
  return [...topicIdField(before, after), ...own, ...placementFields(before, after), ...settings];
}

/** Only where one topic takes another one's place. */
function topicIdField(before: TopicState | null, after: TopicState | null): ChangedField[] {
  const [from, to] = [before?.topicId, after?.topicId];
  if (from === undefined || to === undefined || from === to) return [];
  return [{ name: 'topicId', before: from, after: to, isSetting: false }];
}

/** A limit that is not set is no line on that side. */
function quotaFields(before: QuotaState | null, after: QuotaState | null): ChangedField[] {
  const parts = { ...before?.entity, ...after?.entity };
  const entity = Object.entries(parts).map(([name, value]) => ({
    name,
    before: before === null ? undefined : value,
    after: after === null ? undefined : value,
    isSetting: false,
  }));
  const limits = limitNames(before?.limits ?? {}, after?.limits ?? {}).map((name) => ({
    name,
    before: before?.limits[name] ?? undefined,
    after: after?.limits[name] ?? undefined,
    isSetting: false,
  }));
  return [...entity, ...limits];
}

function flowFields(before: object | null, after: object | null): ChangedField[] {
  const [from, to] = [flattened(before), flattened(after)];
  return [...new Set([...from.keys(), ...to.keys()])].map((name) => ({
    name,
    before: from.get(name),
    after: to.get(name),
    isSetting: false,
  }));
}

/** `{ tuning: { memoryMaxMb: 1 } }` as `tuning.memoryMaxMb`; empty lists say nothing and are left out. */
function flattened(value: object | null, prefix = ''): Map<string, unknown> {
  return new Map(
    Object.entries(value ?? {}).flatMap(([name, one]): [string, unknown][] => {
      if (Array.isArray(one)) return one.length === 0 ? [] : [[prefix + name, one]];
      if (typeof one === 'object' && one !== null) return [...flattened(one, `${prefix}${name}.`)];
      return [[prefix + name, one]];
    }),
  );
}
