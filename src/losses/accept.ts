import { codes, type DiagnosticCode } from '../diagnostics/codes.ts';
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';
import { flowAddress, topicAddress } from '../execution-plan/address.ts';
import type { Migration } from '../migration/migration.ts';
import type { LossRecord, StateSnapshot } from '../state/records.ts';

/** `apply --accept ADDRESS=REASON`: a person decided that a flow goes on after its losses. */
export interface Acceptance {
  /** `flow/<flow>`, or `topic/<source cluster>/<topic>`. */
  readonly address: string;
  readonly reason: string;
}

export interface Accepted {
  /** Losses with the decision, by their keys in the state. */
  readonly records: ReadonlyMap<string, LossRecord>;
  /** A note for each acceptance; an error for one that names nothing that can be accepted. */
  readonly diagnostics: readonly Diagnostic[];
}

/** From these losses a mirror can go on; the others are mended at the clusters, and then go away by themselves. */
const ways: Readonly<Partial<Record<DiagnosticCode, string>>> = {
  KP5001: "from the source's log start",
  KP5002: "from the new topic's log start",
  KP5003: 'from where the source log was cut',
  KP5004: 'behind the foreign records',
  KP5005: 'from the first record that the target lost',
  KP5006: "from the source's log start, into the new topic",
};

/** Puts the decisions into the losses that the state knows. */
export function accept(
  acceptances: readonly Acceptance[],
  { losses = new Map<string, LossRecord>() }: Pick<StateSnapshot, 'losses'>,
  migration: Migration,
  decision: { readonly at: string; readonly who: string },
): Accepted {
  const records = new Map<string, LossRecord>();
  const diagnostics: Diagnostic[] = [];
  for (const { address, reason } of acceptances) {
    const named = [...losses].filter(([, loss]) => addressesOf(loss, migration).includes(address));
    const acceptable = named.filter(([, loss]) => wayOn(loss, goesByKey(loss, migration)) !== undefined);
    for (const [key, loss] of acceptable) records.set(key, { ...loss, accepted: { reason, ...decision } });
    diagnostics.push(acceptable.length === 0 ? nothing(address, named, migration) : note(address, reason, acceptable));
  }
  return { records, diagnostics };
}

/** By key nothing tells from which source offsets on the target lost its records. */
const notByKey: ReadonlySet<string> = new Set(['KP5005', 'KP5006']);

/** How a flow goes on after such a loss; undefined where it can not. */
export function wayOn({ code, isFinal }: Pick<LossRecord, 'code' | 'isFinal'>, byKey: boolean): string | undefined {
  if (isFinal === true || (byKey && notByKey.has(code))) return undefined;
  return Object.hasOwn(codes, code) ? ways[code as DiagnosticCode] : undefined;
}

/** Whether the records of the topic that the loss is about go by key. */
export function goesByKey({ flow, source }: LossRecord, { flows }: Pick<Migration, 'flows'>): boolean {
  const topics = flows.find((one) => one.name === flow)?.topics ?? [];
  return topics.some((one) => one.source === source.topic && one.byKey !== undefined);
}

/** A loss is named by its flow or by its source topic. */
export function addressesOf({ flow, source }: LossRecord, { flows }: Pick<Migration, 'flows'>): readonly string[] {
  const cluster = flows.find((one) => one.name === flow)?.source;
  return [flowAddress(flow), ...(cluster === undefined ? [] : [topicAddress(cluster, source.topic)])];
}

function note(address: string, reason: string, accepted: readonly (readonly [string, LossRecord])[]): Diagnostic {
  const [[, first] = []] = accepted;
  const partitions = accepted.length === 1 ? '1 partition goes' : `${accepted.length} partitions go`;
  const summary = `Accepted at ${address}: ${partitions} on ${wayOn(first ?? { code: '' }, false)}.`;
  return diagnostic('KP4026', { address, summary, detail: `Reason: ${reason}` });
}

function nothing(
  address: string,
  named: readonly (readonly [string, LossRecord])[],
  migration: Pick<Migration, 'flows'>,
): Diagnostic {
  const [[, first] = []] = named;
  if (first === undefined) return diagnostic('KP4027', { address, summary: `No loss is known at ${address}.` });
  const summary = `No way leads on from the loss at ${address} (${first.code}).`;
  return diagnostic('KP4027', { address, summary, detail: first.summary, fix: fixOf(first, migration) });
}

function fixOf(loss: LossRecord, migration: Pick<Migration, 'flows'>): string {
  const isByKey = notByKey.has(loss.code) && goesByKey(loss, migration);
  if (!isByKey && loss.isFinal !== true) return 'Do what kplan says of that code.';
  const why = isByKey ? 'Its records go by key' : 'Records were on their way';
  return `${why}: map the source to another target topic, which is then mirrored from the start.`;
}
