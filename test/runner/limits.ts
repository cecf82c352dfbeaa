/** In the order in which they run. */
export const testKinds = ['unit', 'properties', 'integration'] as const;
export type TestKind = (typeof testKinds)[number];

/**
 * A file that runs longer is killed and counts as failed. The longest, mirror-chaos-brokers.test.ts, takes a fourth of it on
 * two quiet cores, those without brokers ten seconds.
 */
export const fileTimeoutMs: Record<TestKind, number> = { unit: 180_000, properties: 180_000, integration: 1_200_000 };

/** The same with --long: mirror-chaos-brokers.test.ts has ten trials of minutes each then. */
export const fileTimeoutLongMs: Record<TestKind, number> = {
  unit: 300_000,
  properties: 900_000,
  integration: 5_400_000,
};

/** A file whose tests have ended must have exited by then: uvu waits for whatever a test left open, for ever. */
export const exitGraceMs = 30_000;

/** Files that run at a time. */
export const filesAtOnce: Record<TestKind, number> = { unit: 2, properties: 2, integration: 2 };

/** Begun before the others: what takes as long as all that runs beside it must not be what is left at the end. */
export const begunFirst: ReadonlySet<string> = new Set(['mirror-chaos-brokers.test.ts']);

/** Of a file's output the last so many characters are kept, for the case that it fails. */
export const outputCharsMax = 400_000;
