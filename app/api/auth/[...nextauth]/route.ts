import type { NextRequest } from 'next/server';
import { handlers } from '@/lib/auth';
import { errorResponse } from '@/lib/http';
import { RateLimited } from '@/lib/rate-limit';
import { readBody } from '@/lib/request-body';

export const GET = (request: NextRequest) => handlers.GET(asAddressed(request));

/** A sign-in is an address and a password. Auth.js itself would read whatever it is sent. */
const MAX_BYTES = 64 * 1024;

/** Auth.js answers every refusal with a redirect; too many tries are a 429 for machines. */
export async function POST(request: NextRequest): Promise<Response> {
  const body = await readBody(request, MAX_BYTES).catch((error: unknown) =>
    errorResponse(error, crypto.randomUUID()),
  );
  if (body instanceof Response) return body;
  const response = await handlers.POST(asAddressed(request, body));
  const wait = /[?&]code=rate_limited_(\d+)/.exec(response.headers.get('location') ?? '')?.[1];
  if (!wait) return response;
  return errorResponse(new RateLimited(Number(wait)), crypto.randomUUID());
}

/**
 * `NextRequest` calls every loopback address `localhost`, so a browser at 127.0.0.1 would be redirected away from its
 * cookie. Auth.js reads only what a plain `Request` has; it is given one with the host that the browser asked.
 */
function asAddressed(request: NextRequest, body?: string): NextRequest {
  const url = new URL(request.url);
  url.host = request.headers.get('host') ?? url.host;
  const protocol = request.headers.get('x-forwarded-proto')?.split(',')[0];
  if (protocol === 'https' || protocol === 'http') url.protocol = `${protocol}:`;
  const { method, headers } = request;
  return new Request(url, { method, headers, ...(body === undefined ? {} : { body }) }) as NextRequest;
}
