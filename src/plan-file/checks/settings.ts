import type { Pointer } from '../location.ts';
import { didYouMean } from '../nearest.ts';
import type { MirroredConfig, PlanFile, Settings } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';
import { settingProblem } from '../setting-problem.ts';
import type { TopicSetting } from '../topic-setting.ts';
import { topicSettings } from '../topic-settings.generated.ts';

const settingNames = Object.keys(topicSettings);

/** Confluent's own settings: only their brokers know them. */
const vendorPrefix = 'confluent.';

/** Topic settings that no version of Kafka knows, and values that none takes. */
export function checkSettings(planFile: PlanFile): PlacedMistake[] {
  const flows = planFile.flows ?? [];
  return [
    ...checkConfig(planFile.defaults?.config, ['defaults', 'config']),
    ...flows.flatMap((flow, index) =>
      (flow.mappings ?? []).flatMap((mapping, at) =>
        checkConfig(mapping.config, ['flows', index, 'mappings', at, 'config']),
      ),
    ),
    ...Object.entries(planFile.topics ?? {}).flatMap(([cluster, topics]) =>
      topics.flatMap((topic, index) =>
        'state' in topic ? [] : checkValues(topic.config, ['topics', cluster, index, 'config']),
      ),
    ),
  ];
}

function checkConfig(config: MirroredConfig | undefined, pointer: Pointer): PlacedMistake[] {
  const { inherit, exclude, set } = config ?? {};
  return [
    ...(Array.isArray(inherit) ? checkNames(inherit, [...pointer, 'inherit']) : []),
    ...checkNames(exclude ?? [], [...pointer, 'exclude']),
    ...checkValues(set, [...pointer, 'set']),
  ];
}

function checkNames(names: readonly string[], pointer: Pointer): PlacedMistake[] {
  return names.flatMap((name, index) => (isKnown(name) ? [] : [unknown(name, [...pointer, index], 'value')]));
}

function checkValues(settings: Settings | undefined, pointer: Pointer): PlacedMistake[] {
  return Object.entries(settings ?? {}).flatMap(([name, value]) => {
    const at = [...pointer, name];
    return isKnown(name) ? checkValue(name, value, at) : [unknown(name, at, 'key')];
  });
}

function isKnown(name: string): boolean {
  return Object.hasOwn(topicSettings, name) || name.startsWith(vendorPrefix);
}

function unknown(name: string, pointer: Pointer, at: 'key' | 'value'): PlacedMistake {
  const hint = didYouMean(name, settingNames);
  return { code: 'KP1111', pointer, at, summary: `Kafka has no topic setting \`${name}\`${hint === '' ? '.' : hint}` };
}

/** An error only where no version takes the value; the rest is said when the cluster is known. */
function checkValue(name: string, value: string, pointer: Pointer): PlacedMistake[] {
  const versions: readonly TopicSetting[] = Object.values(topicSettings[name] ?? {});
  const problems = versions.map((setting) => settingProblem(setting, value));
  const [problem] = problems;
  if (problem === undefined || problems.includes(undefined)) return [];
  return [{ code: 'KP1112', pointer, at: 'value', summary: `\`${name}\` ${problem}; found \`${value}\`.` }];
}
