import type { Codec } from '../../records/header.ts';
import { CodecReplaced } from './faults.ts';
import type { FlowContext } from './flow-context.ts';

/** Batches of the format that is written here (magic 2) may have it on every broker, and it is fast. */
const codecInstead = 'lz4';

/**
 * The target refuses batches of the codec: the sessions of this flow that come write them in another one. Gives what ends
 * the session; null where there is no other one.
 */
export function replaceCodec({ options, replacedCodecs }: FlowContext, codec: Codec): CodecReplaced | null {
  if (codec === 'none' || codec === codecInstead) return null;
  // Others of the session that is ending were on their way.
  if (!replacedCodecs.has(codec)) {
    replacedCodecs.set(codec, codecInstead);
    options.report({ event: 'codec-replaced', flow: options.flow, codec, by: codecInstead });
  }
  return new CodecReplaced(`Cluster ${options.target.cluster} takes no ${codec}: ${codecInstead} is used instead.`);
}
