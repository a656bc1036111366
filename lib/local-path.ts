const HERE = 'http://here.invalid';

/**
 * A path of ours from what an address bar brought, never somebody else's address: read as a browser reads it, which drops
 * tabs and line ends, so that `/\t/evil.example` is another site.
 */
export function localPath(value: unknown): string {
  if (typeof value !== 'string' || !value.startsWith('/') || !URL.canParse(value, HERE)) return '/';
  const { origin, pathname, search, hash } = new URL(value, HERE);
  return origin === HERE && !pathname.startsWith('//') ? pathname + search + hash : '/';
}
