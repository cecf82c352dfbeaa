import { dirname } from 'node:path';

const gitTimeoutMs = 5000;

/**
 * The commit that the plan file stands at, and whether the file differs from it. Nothing where the file is in no
 * repository, git is absent, or it does not answer in time: a plan does without.
 */
export async function gitSource(path: string): Promise<{ commit?: string; dirty?: boolean }> {
  try {
    const { simpleGit } = await import('simple-git');
    const git = simpleGit({ baseDir: dirname(path), timeout: { block: gitTimeoutMs } });
    const asked = ['status', '--porcelain=v2', '--branch', '--no-ahead-behind', '--', path];
    const status = await git.raw(asked);
    const commit = /^# branch\.oid ([0-9a-f]+)$/m.exec(status)?.[1];
    return commit === undefined ? {} : { commit, dirty: /^[^#\n]/m.test(status) };
  } catch {
    return {};
  }
}
