import postgres from 'postgres';

/** What may be asked of one of several hosts. All that we do writes: both mean the primary. */
const WRITABLE = ['read-write', 'primary'];

/**
 * The addresses that a database URL means, one host each, in its order: `postgres://u:p@a:5432,b/db` is two.
 * @throws with what is wrong with it, in words
 */
export function hostsOf(url: string): string[] {
  const parts = /^(postgres(?:ql)?:\/\/(?:.*@)?)([^/?@]*)(.*)$/.exec(url);
  if (!parts) throw new Error('must be a postgres:// address');
  const [, before = '', hosts = '', after = ''] = parts;
  const urls = hosts.split(',').map((host) => new URL(`${before}${host}${after}`));
  const asked = urls[0]?.searchParams.get('target_session_attrs') ?? null;
  if (asked !== null && !WRITABLE.includes(asked))
    throw new Error(
      `target_session_attrs=${asked} does not lead to a server that takes writes: read-write or primary`,
    );
  if (urls.length > 1 && asked === null)
    throw new Error('names several hosts: say which is meant by ?target_session_attrs=read-write');
  return urls.map((one) => {
    one.searchParams.delete('target_session_attrs');
    return one.href;
  });
}

/**
 * The address of the host that takes writes now. Of one host it is that, unasked; of several each is asked in turn.
 * @throws the last host's refusal when none takes writes
 */
export async function findPrimary(url: string): Promise<string> {
  const hosts = hostsOf(url);
  const [only] = hosts;
  if (only && hosts.length === 1) return only;
  let failure: unknown = new Error('none of the hosts of the database takes writes');
  for (const host of hosts) {
    const sql = postgres(host, {
      max: 1,
      prepare: false,
      fetch_types: false,
      connect_timeout: 3,
      onnotice: () => {},
    });
    try {
      const [row] = await sql<{ standby: boolean }[]>`select pg_is_in_recovery() as standby`.simple();
      if (row?.standby === false) return host;
    } catch (error) {
      failure = error;
    } finally {
      await sql.end({ timeout: 1 });
    }
  }
  throw failure;
}
