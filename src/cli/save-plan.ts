import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SavePlanError } from './save-plan-error.ts';

/** A plan names every topic and address of a cluster: its owner reads it, nobody else. */
const ownerOnly = 0o600;

/**
 * Writes the file whole or not at all: a reader never sees a part of it, and a kill leaves the older one. `out` is
 * relative to `cwd`. Throws a SavePlanError.
 */
export async function savePlan(out: string, cwd: string, document: string): Promise<void> {
  const path = resolve(cwd, out);
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, document, { mode: ownerOnly, flag: 'wx', flush: true });
    await rename(temporary, path);
  } catch (fault) {
    await rm(temporary, { force: true });
    throw new SavePlanError(out, fault);
  }
}
