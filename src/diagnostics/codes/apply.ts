import type { CodeTable } from './code-definition.ts';

/** KP4xxx: apply, stale plans and locks. */
export const applyCodes = {
  KP4001: {
    title: 'The saved plan is stale',
    severity: 'error',
    cause: 'Resources that the plan changes are no longer as it saw them; the detail says what was and what is.',
    fix: 'Make a new plan and review it.',
  },
  KP4002: {
    title: 'Locked by someone else',
    severity: 'error',
    cause: 'Another kplan is at work on this migration.',
    fix: 'Wait until it is done, or give --lock-timeout to wait for it here.',
  },
  KP4003: {
    title: 'The lease was lost',
    severity: 'error',
    cause: 'The lease was not renewed in time, or another process took it over; nothing was done after that.',
    fix: 'Check the network to the state cluster, and run the same command again: it goes on where this one stopped.',
  },
  KP4004: {
    title: 'The state was written by a newer kplan',
    severity: 'error',
    cause: 'A record of the state topic has a version that this kplan is too old for.',
    fix: 'Use the newest kplan that has worked on this migration.',
  },
  KP4005: {
    title: 'The state cannot be read',
    severity: 'error',
    cause: 'The state topic holds a record that kplan did not write.',
    fix: 'Find out who writes to the state topic and take the permission away; only kplan may write there.',
  },
  KP4006: {
    title: 'A topic of kplan has wrong settings',
    severity: 'error',
    cause: 'A topic that holds the state or the positions was made or altered by someone else.',
    fix: 'Set its settings as told.',
  },
  KP4007: {
    title: 'The state has few replicas',
    severity: 'warning',
    cause: 'The cluster has fewer than three brokers, so that the state has fewer than three replicas.',
    fix: 'Add brokers before real data is migrated, or keep the state on a cluster with three.',
  },
  KP4008: {
    title: 'A step failed',
    severity: 'error',
    cause: 'The cluster refused what a step of the plan asked for.',
    fix: 'Remove the cause and run the same command again: what is done is not done twice.',
  },
  KP4009: {
    title: 'A topic is not seen by every broker',
    severity: 'error',
    cause: 'A topic was created or altered, but brokers did not show it in time.',
    fix: 'Check that all brokers are up, and run the same command again.',
  },
  KP4010: {
    title: 'The resources are not there yet',
    severity: 'error',
    cause: 'apply --only data was asked for, but changes of resources stand before the data.',
    fix: 'Run apply --only resources first, or apply without --only.',
  },
  KP4011: {
    title: 'Nobody approved the plan',
    severity: 'error',
    cause: 'A plan file was given, nobody can be asked here, and --auto-approve was not given.',
    fix: 'Save the plan with plan --out, review it and apply the saved plan; or give --auto-approve.',
  },
  KP4012: {
    title: 'The plan was declined',
    severity: 'error',
    cause: 'The question whether to apply was not answered with yes.',
    fix: '',
  },
  KP4013: {
    title: 'The plan cannot be applied',
    severity: 'error',
    cause: 'The plan holds errors.',
    fix: 'Correct the errors that the plan lists and make a new plan.',
  },
  KP4014: {
    title: 'Stopped at the time limit',
    severity: 'warning',
    cause: 'The limit of --max-duration was reached before everything was done.',
    fix: 'Run the same command again: it goes on where this one stopped.',
  },
  KP4015: {
    title: 'Interrupted',
    severity: 'warning',
    cause: 'An interrupt came before everything was done; the step at hand was finished.',
    fix: 'Run the same command again: it goes on where this one stopped.',
  },
  KP4017: {
    title: 'A flow starts again',
    severity: 'note',
    cause: 'A request failed while a flow was mirrored; its transaction was aborted and it goes on from its positions.',
    fix: '',
  },
  KP4018: {
    title: 'Stored as applied without a step',
    severity: 'note',
    cause:
      'Resources were as the plan file wants them before kplan changed anything. They are stored as applied, so that drift shows what others change of them, and a setting that leaves the plan file is given back.',
    fix: '',
  },
  KP4019: {
    title: 'New at the source, and not mirrored',
    severity: 'warning',
    cause:
      'A topic, or partitions of one, that a flow covers appeared after its plan was made, or while it is followed and says `discover: report`.',
    fix: 'Plan and apply again: a process that follows the flow takes it over. Or say `discover: mirror`, and follow.',
  },
  KP4020: {
    title: 'New at the source, and mirrored',
    severity: 'note',
    cause:
      'A topic, or partitions of one, that a flow covers appeared while the flow is followed, and it says `discover: mirror`.',
    fix: '',
  },
  KP4021: {
    title: 'Nothing to follow',
    severity: 'error',
    cause: '--follow was given, and the plan has no flows.',
    fix: 'Leave --follow out.',
  },
  KP4022: {
    title: 'A flow waits and begins again',
    severity: 'warning',
    cause:
      'A cluster did not answer for longer than its requests are repeated; the flow is followed again after a pause.',
    fix: '',
  },
  KP4023: {
    title: 'A flow was handed over',
    severity: 'note',
    cause: 'Another process follows the flow. It was told what the flow should be now, and mirrors it.',
    fix: '',
  },
  KP4024: {
    title: 'The process that follows a flow gets no further',
    severity: 'error',
    cause: 'Another process follows the flow and was told what it should be now, but its positions stand still.',
    fix: 'Look at its log, and at kplan status; stop it, and apply again.',
  },
  KP4025: {
    title: 'The watch over a flow fails',
    severity: 'warning',
    cause:
      'New topics and changed settings of the source, or the offsets of groups, could not be read or brought along; it is tried again.',
    fix: '',
  },
  KP4026: {
    title: 'A loss was accepted',
    severity: 'note',
    cause:
      'apply --accept named what lost records, with a reason: the flow goes on in the way that belongs to that loss.',
    fix: '',
  },
  KP4027: {
    title: 'Nothing to accept',
    severity: 'error',
    cause: '--accept named an address of which no loss is known, or a loss that no way leads on from.',
    fix: 'kplan status lists the losses with their addresses. Apply once without --accept, so that they are found.',
  },
  KP4028: {
    title: 'A flow waits behind an open transaction',
    severity: 'warning',
    cause:
      'A transaction is open at the source for longer than a minute, in a partition that is followed. What stands behind its first record is not committed yet: that partition waits. Nothing is lost by it, unless retention reaches what waits.',
    fix: 'Let its producer commit or abort; a producer that is gone is aborted after its transaction.timeout.ms.',
  },
  KP4029: {
    title: 'A flow no longer waits behind an open transaction',
    severity: 'note',
    cause: 'The transactions at the source that held back a followed flow are over.',
    fix: '',
  },
} as const satisfies CodeTable;
