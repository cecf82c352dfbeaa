/** One thing that somebody wants to do to one resource; operation and type in the plan file's words. */
export interface Access {
  readonly operation: string;
  readonly type: string;
  readonly name: string;
}

/**
 * What the brokers let kplan do, by `resourceKey`: all operations that they name. Absent where they did not tell; empty
 * where kplan may not even describe the resource, and then nothing is told of the right to create it.
 */
export type HeldRights = ReadonlyMap<string, readonly string[]>;

export function resourceKey({ type, name }: Pick<Access, 'type' | 'name'>): string {
  return `${type} ${name}`;
}
