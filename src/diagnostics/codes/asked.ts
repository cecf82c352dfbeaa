import type { CodeTable } from './code-definition.ts';

/** KP24xx: what the clusters answered when they were asked about the plan, before anything is done. */
export const askedCodes = {
  KP2401: {
    title: 'The brokers refuse a change',
    severity: 'error',
    cause:
      'The brokers were asked to check what the plan would send (validateOnly, which changes nothing), and said that they would refuse it.',
    fix: 'Change the plan file to what the brokers take; the detail has their own words.',
  },
  KP2402: {
    title: "A policy of the cluster's owner forbids a change",
    severity: 'error',
    cause:
      'A policy of the brokers (create.topic.policy.class.name, alter.config.policy.class.name, or a limit of their own) forbids what the plan would send.',
    fix: "Change the plan file to what the policy allows, or ask the cluster's owner.",
  },
  KP2403: {
    title: 'A change could not be checked',
    severity: 'warning',
    cause: 'The brokers could not say whether they would take a change, for a reason that goes away by itself.',
    fix: 'Plan again; apply asks them once more before it changes anything.',
  },
  KP2411: {
    title: 'Right on topics missing',
    severity: 'warning',
    cause:
      'The brokers say that kplan may not do to a topic what apply will do: create, alter or delete it, read from it or write into it, or read its settings. Topics that are to be made, and those where kplan keeps its state and positions, count too. Where a DENY takes the right away, no ALLOW gives it back: that ACL has to go.',
    fix: 'Give the right before you apply, to the user that applies.',
  },
  KP2412: {
    title: 'Right on groups missing',
    severity: 'warning',
    cause:
      'The brokers say that kplan may not read the offsets of a group at the source (DESCRIBE), or not write them at the target (READ), or not remove them there once they are gone at the source (DELETE).',
    fix: 'Give the right before you apply, or exclude the group.',
  },
  KP2413: {
    title: 'Right on the cluster missing',
    severity: 'warning',
    cause: 'The brokers say that kplan may not do to the cluster what the plan asks for: quotas want ALTER_CONFIGS.',
    fix: 'Give the right before you apply.',
  },
  KP2414: {
    title: 'Right on transactional ids missing',
    severity: 'warning',
    cause:
      'kplan writes its state, records and offsets in transactions, and the brokers say that it may not even describe their ids.',
    fix: 'Give WRITE on the ids before you apply.',
  },
  KP2415: {
    title: 'Groups that may be hidden',
    severity: 'note',
    cause:
      'Without DESCRIBE on the source cluster brokers list only the groups that kplan may describe. Patterns of groups.include match what is listed: other groups are not brought along, and nobody is told of them.',
    fix: 'Give DESCRIBE on the cluster, or make sure that kplan may describe every group that is to come along.',
  },
} as const satisfies CodeTable;
