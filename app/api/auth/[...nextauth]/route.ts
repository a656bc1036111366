import type { NextRequest } from 'next/server';
import { handlers } from '@/lib/auth';

export const GET = (request: NextRequest) => handlers.GET(asAddressed(request));
export const POST = (request: NextRequest) => handlers.POST(asAddressed(request));

/**
 * `NextRequest` calls every loopback address `localhost`, so a browser at 127.0.0.1 would be redirected away from its
 * cookie. Auth.js reads only what a plain `Request` has; it is given one with the host that the browser asked.
 */
function asAddressed(request: NextRequest): NextRequest {
  const url = new URL(request.url);
  url.host = request.headers.get('host') ?? url.host;
  const protocol = request.headers.get('x-forwarded-proto')?.split(',')[0];
  if (protocol === 'https' || protocol === 'http') url.protocol = `${protocol}:`;
  return new Request(url, request) as NextRequest;
}
