import type { clusterRuleCodes, flowRuleCodes, topicRuleCodes } from '../diagnostics/codes/rules.ts';
import { compactedAtTargetOnly, compactionLost, tombstonesTooShortLived } from './compaction.ts';
import { clientsTooOld, protocolTheTargetLacks, uncommittedReaders } from './consumers.ts';
import { groupInUseOnTarget, groupOfSeveralSources, groupsWithoutCommit } from './groups.ts';
import { noReplicaToSpare } from './insync-replicas.ts';
import { transactionOpenAtSource } from './open-transactions.ts';
import { othersMayWriteTarget } from './other-writers.ts';
import { tooManyReplicas } from './partition-count.ts';
import { recompressedByBrokers } from './recompression.ts';
import { retentionBelowSource, retentionTooShortToMirror } from './retention.ts';
import type { ClusterRule, FlowRule, TopicRule } from './rule.ts';
import { timestampLimitsTooTight, timestampsLimitedAfterwards } from './timestamps.ts';
import { toolTopicMirrored } from './tool-topics.ts';
import { uncleanElectionAtSource, uncleanElectionAtTarget } from './unclean-election.ts';
import { notLookedAt } from './unread.ts';

/** One rule a code: a code without its rule does not compile, nor a rule without a code. */
export const topicRules = {
  KP2701: uncleanElectionAtTarget,
  KP2702: uncleanElectionAtSource,
  KP2703: retentionBelowSource,
  KP2704: retentionTooShortToMirror,
  KP2705: tombstonesTooShortLived,
  KP2706: compactionLost,
  KP2707: compactedAtTargetOnly,
  KP2708: recompressedByBrokers,
  KP2713: toolTopicMirrored,
  KP2715: noReplicaToSpare,
  KP2716: timestampsLimitedAfterwards,
  KP2717: timestampLimitsTooTight,
} as const satisfies Record<keyof typeof topicRuleCodes, TopicRule>;

export const flowRules = {
  KP2709: groupInUseOnTarget,
  KP2710: groupOfSeveralSources,
  KP2711: uncommittedReaders,
  KP2714: clientsTooOld,
  KP2718: transactionOpenAtSource,
  KP2731: groupsWithoutCommit,
  KP2734: othersMayWriteTarget,
  KP2735: protocolTheTargetLacks,
} as const satisfies Record<keyof typeof flowRuleCodes, FlowRule>;

export const clusterRules = {
  KP2712: tooManyReplicas,
  KP2719: notLookedAt,
} as const satisfies Record<keyof typeof clusterRuleCodes, ClusterRule>;
