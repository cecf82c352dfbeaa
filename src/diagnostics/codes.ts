import { aclCodes } from './codes/acls.ts';
import { applyCodes } from './codes/apply.ts';
import { askedCodes } from './codes/asked.ts';
import { byKeyCodes } from './codes/by-key.ts';
import { clusterCodes } from './codes/cluster.ts';
import type { CodeTable } from './codes/code-definition.ts';
import { driftCodes } from './codes/drift.ts';
import { mirroringCodes } from './codes/mirroring.ts';
import { offsetsCodes } from './codes/offsets.ts';
import { offsetsCommandCodes } from './codes/offsets-command.ts';
import { planFileCodes } from './codes/plan-file.ts';
import { planWritingCodes } from './codes/plan-writing.ts';
import { planningCodes } from './codes/planning.ts';
import { quotaCodes } from './codes/quotas.ts';
import { ruleCodes } from './codes/rules.ts';
import { topicHealthCodes } from './codes/topic-health.ts';

/**
 * Every diagnostic code. Ranges: KP10xx YAML and schema, KP11xx what a plan file means (offline), KP12xx not yet
 * supported by this version, KP13xx writing plan files, KP2xxx rules and planning, KP3xxx connecting and cluster faults,
 * KP4xxx apply, stale plans and locks (KP42xx drift), KP5xxx mirroring and losses, KP6xxx groups, offsets and verify.
 */
export const codes = {
  ...planFileCodes,
  ...planWritingCodes,
  ...planningCodes,
  ...clusterCodes,
  ...aclCodes,
  ...applyCodes,
  ...askedCodes,
  ...driftCodes,
  ...mirroringCodes,
  ...byKeyCodes,
  ...offsetsCodes,
  ...offsetsCommandCodes,
  ...ruleCodes,
  ...quotaCodes,
  ...topicHealthCodes,
} as const satisfies CodeTable;

export type DiagnosticCode = keyof typeof codes;
