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
    const commit = (await git.revparse(['HEAD'])).trim();
    const changed = await git.raw(['status', '--porcelain', '--', path]);
    return { commit, dirty: changed.trim() !== '' };
  } catch {
    return {};
  }
}
