import { crc32 } from 'node:zlib';

/** Version of the records that say what was committed for groups; this kplan reads no other. */
export const ownCommitsVersion = 1;

/** A commit, as far as it is needed to know it again. */
export interface CommitMark {
  readonly offset: bigint;
  /** `metadataMark` of the commit's metadata. */
  readonly mark: string;
}

/**
 * What a flow's sync committed for a group on one target partition, so that it knows its own commit again: only that one is
 * ever taken away or, at a cutover, set back.
 */
export interface OwnCommit extends CommitMark {
  /** Ours as well, as long as it is not known whether the newer one was committed or aborted. */
  readonly before?: CommitMark;
}

export function isSameCommit(left: CommitMark, right: CommitMark | undefined): boolean {
  return left.offset === right?.offset && left.mark === right.mark;
}

/** By target topic, then by partition. */
export type OwnCommits = ReadonlyMap<string, ReadonlyMap<number, OwnCommit>>;

export interface OwnCommitsKey {
  readonly flow: string;
  readonly group: string;
  /** At the target. */
  readonly topic: string;
}

/** CRC-32 of the metadata; empty for none, as most commits have. */
export function metadataMark(metadata: string | null): string {
  return metadata === null || metadata === '' ? '' : crc32(metadata).toString(16);
}

/** `group/<flow>/<group>/<target topic>` in the positions topic, names encoded with encodeURIComponent. */
export function ownCommitsKey({ flow, group, topic }: OwnCommitsKey): string {
  return `group/${[flow, group, topic].map(encodeURIComponent).join('/')}`;
}

/** Null for any other key. */
export function parseOwnCommitsKey(key: string): OwnCommitsKey | null {
  const [kind, ...names] = key.split('/');
  const [flow, group, topic, ...rest] = names.map(decoded);
  if (kind !== 'group' || !flow || group === undefined || group === null || !topic || rest.length > 0) return null;
  return { flow, group, topic };
}

/** Null where the text is none that encodeURIComponent writes. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/**
 * `{"v":1,"commits":"0:115 1:190 1:200:1a2b3c4d"}`: partition, offset and mark, what was `before` first. Null, a tombstone,
 * where there are none.
 */
export function encodeOwnCommits(commits: ReadonlyMap<number, OwnCommit>): string | null {
  if (commits.size === 0) return null;
  const texts = [...commits]
    .sort(([left], [right]) => left - right)
    .flatMap(([partition, own]) => {
      const marks = own.before === undefined ? [own] : [own.before, own];
      return marks.map(({ offset, mark }) => `${partition}:${offset}${mark === '' ? '' : `:${mark}`}`);
    });
  return JSON.stringify({ v: ownCommitsVersion, commits: texts.join(' ') });
}

/** Takes what `encodeOwnCommits` writes; whatever else, a newer kplan's too, is a problem, told as a value. */
export function decodeOwnCommits(
  text: string,
): { readonly commits: ReadonlyMap<number, OwnCommit> } | { readonly problem: string } {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || !('v' in value)) return { problem: 'it has no version' };
  if (value.v !== ownCommitsVersion) return { problem: `it has version ${value.v}` };
  if (!('commits' in value) || typeof value.commits !== 'string') return { problem: 'its commits are missing' };
  const commits = new Map<number, OwnCommit>();
  for (const one of value.commits.split(' ')) {
    const [, partition, offset, mark = ''] = /^(\d{1,10}):(\d{1,19})(?::([0-9a-f]{1,8}))?$/.exec(one) ?? [];
    if (partition === undefined || offset === undefined) return { problem: `"${one}" is no commit` };
    const own = { offset: BigInt(offset), mark };
    const before = commits.get(Number(partition));
    if (before?.before !== undefined) return { problem: `it has more than two commits of partition ${partition}` };
    commits.set(Number(partition), before === undefined ? own : { ...own, before });
  }
  return { commits };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
