import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { Misuse } from '@/scripts/command';

/** What a build of another day lies in, beside this one. */
export type OtherBuild = { folder: string; remove(): void };

/**
 * Another commit of this repository in a git worktree below `dataDir`, with its own install. What of ours runs in it is
 * copied there. @throws Misuse when there is no such commit
 */
export function checkOut(commit: string, dataDir: string, ours: string[]): OtherBuild {
  const folder = join(dataDir, 'against');
  const git = (...args: string[]) => execFileSync('git', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    git('rev-parse', '--verify', '--end-of-options', `${commit}^{commit}`);
  } catch (error) {
    throw new Misuse(`There is no commit ${commit} here.`, { cause: error });
  }
  git('worktree', 'add', '--detach', folder, commit);
  // What npm tells the script that it runs is about this folder, not that.
  const env = { ...process.env };
  for (const name of Object.keys(env)) if (name.startsWith('npm_')) delete env[name];
  const remove = () => void git('worktree', 'remove', '--force', folder);
  try {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline'], {
      cwd: folder,
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (const path of ours) cpSync(path, join(folder, path));
  } catch (error) {
    remove();
    throw error;
  }
  return { folder, remove };
}
