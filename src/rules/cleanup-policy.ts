/** The parts of `cleanup.policy`, a list; none where the brokers do not tell. No part is contained in another's name. */
export function deletes(policy: string | undefined): boolean {
  return policy?.includes('delete') === true;
}

export function compacts(policy: string | undefined): boolean {
  return policy?.includes('compact') === true;
}
