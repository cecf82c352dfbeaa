import type { TopicSnapshot } from '../../cluster/snapshot.ts';
import type { DesiredTopic } from './desired-topic.ts';
import { sameSetting } from './setting-values.ts';

/**
 * The wanted settings but for those that hold on the live topic without being set on it: a default of Kafka's, of a broker
 * or of the cluster that says the same is no difference. It becomes one when the default changes.
 */
export function settingsToOwn({ config }: Pick<DesiredTopic, 'config'>, live: TopicSnapshot): DesiredTopic['config'] {
  return Object.fromEntries(Object.entries(config).filter(([name, value]) => !holdsByDefault(live, name, value)));
}

function holdsByDefault({ settings }: TopicSnapshot, name: string, value: string | null): boolean {
  const setting = settings?.get(name);
  if (setting === undefined || setting.source === 'topic' || setting.source === 'unknown') return false;
  return setting.value !== null && sameSetting(name, setting.value, value);
}
