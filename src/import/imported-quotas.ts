import type { ClusterSnapshot, QuotaSnapshot } from '../cluster/snapshot.ts';
import { checkQuotas } from '../plan-file/checks/quotas.ts';
import type { PresentQuota } from '../plan-file/plan-file.generated.ts';
import { byText, type Imported, type ImportedSection, noSections, obeysSchema } from './imported.ts';

/** The client quotas of a cluster as the plan file declares them; limits that it can not have are left out with a remark. */
export function importedQuotas(cluster: ClusterSnapshot): ImportedSection<PresentQuota> {
  const quotas = (cluster.quotas ?? []).map((quota) => importedQuota(quota, cluster.name));
  const entries = quotas.filter(({ entry }) => Object.keys(entry.limits).length > 0);
  const empty = quotas.filter((quota) => !entries.includes(quota));
  const byEntity = (a: Imported<PresentQuota>, b: Imported<PresentQuota>) => byText(sortKey(a), sortKey(b));
  return { entries: entries.sort(byEntity), remarks: empty.flatMap((one) => one.remarks).sort(byText) };
}

function importedQuota({ entity, limits }: QuotaSnapshot, cluster: string): Imported<PresentQuota> {
  const remarks: string[] = [];
  const kept: Record<string, number> = {};
  for (const [name, value] of Object.entries(limits).sort(([a], [b]) => byText(a, b))) {
    const quota = { entity, limits: { [name]: value } };
    const isPossible = checkQuotas({ ...noSections, quotas: { [cluster]: [quota] } }).length === 0;
    const isTaken = isPossible && obeysSchema('quotas', quota);
    if (isTaken) kept[name] = value;
    else remarks.push(`Left out, since a plan file can not have it: ${name} ${value} of ${entityText(entity)}`);
  }
  return { entry: { entity, limits: kept }, remarks };
}

function entityText({ user, clientId, ip }: QuotaSnapshot['entity']): string {
  const parts = [
    ['user', user],
    ['client id', clientId],
    ['ip', ip],
  ].filter(([, value]) => value !== undefined);
  return parts.map(([what, value]) => `${what} ${value === '' ? '""' : value}`).join(', ');
}

function sortKey({ entry: { entity } }: Imported<PresentQuota>): string {
  return JSON.stringify([entity.user ?? '', entity.clientId ?? '', entity.ip ?? '']);
}
