import { Server } from 'node:http';
import { env } from './env';

/**
 * Whose address counts for rate limits. With `TRUST_PROXY=1` it is what the proxy in front of us saw: the last entry of
 * X-Forwarded-For. Without, it is the socket's: Next writes that into the header when there is none, which
 * `forgetForwardedFor` sees to.
 */
export function clientAddress(headers: Headers): string {
  const entries = (headers.get('x-forwarded-for') ?? '').split(',').map((entry) => entry.trim());
  return (entries.at(-1) || 'unknown').replace(/^::ffff:/, '');
}

let patched = false;

/**
 * Drops X-Forwarded-For from every request unless a proxy is trusted: anybody can send the header, and Next keeps what was
 * sent. There is no hook before Next reads it, so the server's `request` event is where it is done. Once per process.
 */
export function forgetForwardedFor(): void {
  if (patched || env().TRUST_PROXY) return;
  patched = true;
  const emit = Server.prototype.emit;
  Server.prototype.emit = function (this: Server, event: string | symbol, ...args: unknown[]) {
    if (event === 'request') {
      const request = args[0] as { headers?: Record<string, unknown> } | undefined;
      delete request?.headers?.['x-forwarded-for'];
    }
    return Reflect.apply(emit, this, [event, ...args]);
  };
}
