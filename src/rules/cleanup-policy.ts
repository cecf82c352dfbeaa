/** The parts of `cleanup.policy`. Unknown: what the brokers do not tell. */
export interface CleanupPolicy {
  readonly deletes: boolean;
  readonly compacts: boolean;
}

export function cleanupPolicy(value: string | undefined): CleanupPolicy | undefined {
  if (value === undefined) return undefined;
  const parts = value.split(',').map((part) => part.trim());
  return { deletes: parts.includes('delete'), compacts: parts.includes('compact') };
}
