import type { GroupListing } from '../../src/cluster/snapshot.ts';
import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import type { Translation } from '../../src/offset-map/translate.ts';
import type { CommittedOffset, GroupDescription } from '../ports.ts';
import type { Waiting } from './decide-silent.ts';
import { partitionKey } from './mirrored-partition.ts';

/** An offset at the source that has no exact place on the target. */
export interface Untranslated extends CommittedOffset {
  readonly result: Exclude<Translation, { readonly result: 'translated' }>;
}

/** Partitions or members that one diagnostic names; the rest are counted. */
const namedMax = 10;

export function unsupportedGroup(address: string, listing: GroupListing): Diagnostic {
  return diagnostic('KP6003', {
    address,
    summary: `Group ${listing.group} is a ${listing.type.toLowerCase()} group: its offsets are not brought along.`,
  });
}

export function unsupportedOnTarget(address: string, group: string, cluster: string): Diagnostic {
  return diagnostic('KP6003', {
    address,
    summary: `Group ${group} is of another kind on ${cluster}, and has commits there: they stay as they are.`,
  });
}

export function activeGroup(address: string, description: GroupDescription, cluster: string): Diagnostic {
  const members = description.members.map((one) => `${one.clientId} at ${one.host}`);
  return diagnostic('KP6002', {
    address,
    summary: `Group ${description.group} is active on ${cluster} (${description.state}): its offsets there stay as they are.`,
    detail: members.length === 0 ? undefined : `Members: ${named(members)}.`,
  });
}

export function aheadGroup(address: string, group: string, count: number, cluster: string): Diagnostic {
  return diagnostic('KP6007', {
    address,
    summary: `Group ${group} is ahead on ${cluster} in ${partitions(count)}, and stays there.`,
  });
}

/** Back at the source, where our commit is the last one on the target. */
export function setBackGroup(address: string, group: string, count: number, cluster: string): Diagnostic {
  return diagnostic('KP6050', {
    address,
    summary: `Group ${group} went back at the source in ${partitions(count)}; on ${cluster} it stays where kplan brought it.`,
  });
}

export function removedCommits(address: string, group: string, count: number, cluster: string): Diagnostic {
  return diagnostic('KP6051', {
    address,
    summary: `Group ${group} has no commit at the source any more in ${partitions(count)}: kplan's own was removed on ${cluster}.`,
  });
}

export function theirsGroup(address: string, group: string, count: number, cluster: string): Diagnostic {
  return diagnostic('KP6052', {
    address,
    summary: `Group ${group} has no commit at the source any more in ${partitions(count)}; on ${cluster} consumers or an admin have been since, and it stays.`,
  });
}

export function notRemoved(address: string, group: string, reason: Diagnostic): Diagnostic {
  return diagnostic('KP6053', {
    address,
    summary: `Commits of group ${group} that are gone at the source were not removed: ${reason.summary}`,
    detail: reason.detail,
  });
}

export function refusedGroup(address: string, group: string, reason: Diagnostic): Diagnostic {
  return diagnostic('KP6008', {
    address,
    summary: `The offsets of group ${group} were not written: ${reason.summary}`,
    detail: reason.detail,
    fix: reason.fix,
  });
}

/** A fault of one of the clusters that passes, though not by now. */
export function unreadGroup(address: string, group: string, { summary, detail, fix }: Diagnostic): Diagnostic {
  const what = `Group ${group} is not brought along for now, and stays as it is on the target: ${summary}`;
  return diagnostic('KP6055', { address, summary: what, detail, fix });
}

/** The rest of the group is brought along. */
export function waitingGroup(address: string, group: string, waiting: readonly Waiting[]): Diagnostic {
  const causes = new Set(waiting.map(({ fault }) => fault.diagnostic.summary));
  const [cause = '', ...others] = causes;
  const more = others.length === 0 ? '' : ` And ${others.length} more like this.`;
  return diagnostic('KP6056', {
    address,
    summary: `Group ${group} waits in ${partitions(waiting.length)}: nothing can be said there for now.`,
    detail: `${named(waiting.map(partitionKey))}.\n${cause}${more}`,
  });
}

/** Where checkpoints say it in between only. */
export function rereadGroup(address: string, group: string, topic: string, rereadRecords: bigint): Diagnostic {
  const summary = `Group ${group} reads at most ${rereadRecords} records of ${topic} again: they go by key.`;
  return diagnostic('KP6021', { address, summary });
}

export function withoutPlaceByKey(address: string, group: string, topic: string): Diagnostic {
  const summary = `Group ${group} is not brought along in ${topic}: its records go by key, and one of its offsets has no place.`;
  return diagnostic('KP6022', { address, summary });
}

const kinds = [
  { code: 'KP6004', has: (one) => one.result.result === 'below-start', says: "below the source's log start" },
  { code: 'KP6005', has: (one) => one.result.result === 'above-end', says: "above the source's log end" },
  { code: 'KP6006', has: isUnknown('before-start'), says: 'below the offset where mirroring began' },
  { code: 'KP6006', has: isUnknown('not-yet'), says: 'above what is mirrored so far' },
  { code: 'KP6006', has: isUnknown('lost-at-target'), says: "above the target's log end: the target lost records" },
  {
    code: 'KP6006',
    has: isUnknown('in-span'),
    says: 'in an old part of the log that was compacted since, so that its place is not known',
  },
] as const satisfies readonly {
  readonly code: 'KP6004' | 'KP6005' | 'KP6006';
  readonly has: (one: Untranslated) => boolean;
  readonly says: string;
}[];

/** One diagnostic a kind of failure, never one a partition. */
export function untranslatedGroup(address: string, group: string, all: readonly Untranslated[]): Diagnostic[] {
  return kinds.flatMap(({ code, has, says }) => {
    const found = all.filter(has);
    if (found.length === 0) return [];
    const places = found.map((one) => `${one.topic}:${one.partition} at ${one.offset}`);
    const summary = `Group ${group} stands ${says} in ${partitions(found.length)}: not written.`;
    return [diagnostic(code, { address, summary, detail: `${named(places)}.` })];
  });
}

function isUnknown(why: string): (one: Untranslated) => boolean {
  return (one) => one.result.result === 'unknown' && one.result.why === why;
}

function partitions(count: number): string {
  return count === 1 ? '1 partition' : `${count} partitions`;
}

function named(all: readonly string[]): string {
  const rest = all.length - namedMax;
  return rest > 0 ? `${all.slice(0, namedMax).join(', ')} and ${rest} more` : all.join(', ');
}
