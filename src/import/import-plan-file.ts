import { Document, type Node, type Pair, type Scalar } from 'yaml';
import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import { type Diagnostic, diagnostic, hasErrors } from '../diagnostics/diagnostic.ts';
import { validatePlanFile } from '../plan-file/check.ts';
import { formatPlanFile } from '../plan-file/format/format.ts';
import { layoutSchema, layoutText } from '../plan-file/format/layout.ts';
import type { ClusterConnection } from '../plan-file/plan-file.generated.ts';
import type { ImportedSection } from './imported.ts';
import { importedAcls } from './imported-acls.ts';
import { importedQuotas } from './imported-quotas.ts';
import { importedTopics } from './imported-topics.ts';
import { blockMap, comment, pairOf, sectionNode, valueNode } from './plan-file-nodes.ts';

export interface ImportRequest {
  /** The migration's name. */
  readonly name: string;
  /** How each cluster is reached, as the plan file says it. */
  readonly clusters: Readonly<Record<string, ClusterConnection>>;
  readonly snapshots: ReadonlyMap<string, ClusterSnapshot>;
  /** By cluster, what could not be read of it. */
  readonly unread?: ReadonlyMap<string, ReadonlySet<string>>;
  /** Narrows the topics by name. */
  readonly isWanted: (topic: string) => boolean;
}

export interface ImportedPlanFile {
  readonly text: string;
  /** How many entries each section has, of all clusters. */
  readonly counts: Readonly<Record<string, number>>;
}

const head = [
  'Written by kplan import from what lives on the clusters: planned against them, nothing changes.',
  'Keep what kplan shall look after and take the rest out: what is not declared is left alone.',
];

const notRead: ImportedSection<never> = {
  entries: [],
  remarks: ['Not read: the cluster does not know them, or this user may not ask for them.'],
};

/**
 * A plan file that declares what lives on the clusters and plans to "no changes" there. The same clusters give the same
 * text. More than a plan file may hold is refused (KP1305).
 */
export function importPlanFile(
  request: ImportRequest,
): ImportedPlanFile | { readonly diagnostics: readonly Diagnostic[] } {
  const { name, clusters } = request;
  const live = Object.keys(clusters).map((cluster) => liveOf(request, cluster));
  const of = (key: string, read: (cluster: ClusterSnapshot) => ImportedSection<object>) =>
    live.map((one) => [one.name, request.unread?.get(one.name)?.has(key) ? notRead : read(one)] as const);
  const sections = {
    topics: of('topics', (one) => importedTopics(one, request.isWanted)),
    acls: of('acls', (one) => importedAcls(one.acls)),
    quotas: of('quotas', importedQuotas),
  };
  const [first = '', ...others] = Object.keys(clusters);
  const pairs = [
    pairOf('version', valueNode(1)),
    pairOf('name', valueNode(name)),
    ...(others.length === 0 ? [] : [pairOf('state', valueNode({ cluster: first }))]),
    apart(pairOf('clusters', clustersNode(clusters))),
    ...Object.entries(sections).flatMap(([key, byCluster]) => sectionPair(key, byCluster)),
  ];
  const document = new Document(blockMap(pairs), layoutSchema);
  document.commentBefore = comment(head) ?? null;
  const result = checked(layoutText(document));
  if ('diagnostics' in result) return result;
  const counts = Object.entries(sections).map(([key, byCluster]) => {
    const entries = byCluster.map(([, section]) => section.entries.length);
    return [key, entries.reduce((sum, count) => sum + count, 0)] as const;
  });
  return { text: result.text, counts: Object.fromEntries(counts) };
}

function liveOf({ snapshots }: ImportRequest, cluster: string): ClusterSnapshot {
  const snapshot = snapshots.get(cluster);
  if (snapshot === undefined) throw new Error(`no snapshot of cluster ${cluster}`);
  return snapshot;
}

function clustersNode(clusters: ImportRequest['clusters']) {
  return blockMap(Object.entries(clusters).map(([cluster, connection]) => pairOf(cluster, valueNode(connection))));
}

/** With an empty line above. */
function apart(pair: Pair<Scalar, Node>): Pair<Scalar, Node> {
  pair.key.spaceBefore = true;
  return pair;
}

/** A section is left out where no cluster has anything for it. */
function sectionPair(key: string, byCluster: readonly (readonly [string, ImportedSection<object>])[]): Pair[] {
  const told = byCluster.filter(([, section]) => section.entries.length > 0 || section.remarks.length > 0);
  if (told.length === 0) return [];
  const pair = pairOf(
    key,
    blockMap(told.map(([cluster, section]) => pairOf(cluster, sectionNode(section), section.remarks))),
  );
  return [apart(pair)];
}

/** In the canonical layout; what breaks a limit of plan files is told, any other mistake is one of kplan. */
function checked(text: string): { readonly text: string } | { readonly diagnostics: readonly Diagnostic[] } {
  const { diagnostics } = validatePlanFile(text, 'the import');
  const tooLarge = diagnostics.find((one) => one.code === 'KP1003');
  if (tooLarge !== undefined) {
    return {
      diagnostics: [diagnostic('KP1305', { summary: 'The clusters hold too much.', detail: tooLarge.summary })],
    };
  }
  const formatted = formatPlanFile(text, 'the import');
  if (hasErrors(diagnostics) || 'diagnostics' in formatted) {
    const [first] = diagnostics;
    throw new Error(`the imported plan file is not valid: ${first?.summary} (line ${first?.line})`);
  }
  return formatted;
}
