import type { StepKind } from '../../src/execution-plan/execution-plan.ts';
import { addPartitions } from './add-partitions.ts';
import { alterQuotas } from './alter-quotas.ts';
import { alterTopicSettings } from './alter-topic-settings.ts';
import { createAcls } from './create-acls.ts';
import { createTopic } from './create-topic.ts';
import { defineFlow } from './define-flow.ts';
import { deleteAcls } from './delete-acls.ts';
import { deleteTopic } from './delete-topic.ts';
import { mirror } from './mirror.ts';
import type { StepHandler } from './step-handler.ts';
import { syncGroupsStep } from './sync-groups.ts';

/** What does each kind of step. A new kind does not compile until it stands here. */
export const stepHandlers = {
  'create-topic': createTopic,
  'add-partitions': addPartitions,
  'alter-topic-settings': alterTopicSettings,
  'alter-quota': alterQuotas,
  'create-acl': createAcls,
  'delete-acl': deleteAcls,
  'define-flow': defineFlow,
  mirror,
  'sync-groups': syncGroupsStep,
  'delete-topic': deleteTopic,
} as const satisfies { readonly [K in StepKind]: StepHandler<K> };
