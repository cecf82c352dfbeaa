import type { Flow as FlowInFile } from '../plan-file/plan-file.generated.ts';

/** What a source topic is called at the target: `prefixed` is MirrorMaker 2's `<source cluster>.<topic>`. */
export function targetName(flow: FlowInFile, source: string): string {
  const naming = flow.naming ?? 'same';
  if (naming === 'same') return source;
  if (naming === 'prefixed') return `${flow.source}.${source}`;
  return 'prefix' in naming ? naming.prefix + source : source + naming.suffix;
}
