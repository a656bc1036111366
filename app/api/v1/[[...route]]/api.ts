import { randomUUID } from 'node:crypto';
import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { DomainError, invalid, NotFound } from '@/lib/errors';
import { errorResponse } from '@/lib/http';
import { requireStorable, toRefusal } from './contract';
import type { ApiEnv } from './environment';
import type { Api, Resource } from './resource';
import { resources } from './resources';

const MAX_BODY = 1024 * 1024;

/** The REST API as a plain fetch handler: `api.fetch(request, bindings)`. Built once per process; it keeps nothing. */
export function createApi(parts: readonly Resource[] = resources): Api {
  const api: Api = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw toRefusal(result.error);
      requireStorable(result.data);
    },
  }).basePath('/api/v1');

  api.use(async (c, next) => {
    const given = c.req.header('x-request-id');
    c.set('requestId', given && /^[\w-]{8,100}$/.test(given) ? given : `req_${randomUUID()}`);
    await next();
    c.res.headers.set('x-request-id', c.var.requestId);
    if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store');
  });
  // The guards read the query for the store, before any schema.
  api.use((c, next) => {
    requireStorable(c.req.query());
    return next();
  });
  api.use(
    bodyLimit({
      maxSize: MAX_BODY,
      onError: () => {
        throw new DomainError('too_large', 'payload_too_large', { maxBytes: MAX_BODY });
      },
    }),
  );

  api.onError((error, c) => errorResponse(toDomain(error), c.var.requestId ?? `req_${randomUUID()}`));
  for (const add of parts) add(api);

  api.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Tierline',
      version: '1',
      description:
        'Subscriptions, entitlements and usage. Authenticate with the session cookie or `Authorization: Bearer <key>`.',
    },
    security: [{ key: [] }, { session: [] }],
  });
  api.openAPIRegistry.registerComponent('securitySchemes', 'key', { type: 'http', scheme: 'bearer' });
  api.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: 'authjs.session-token',
  });

  const methodsOf = methodTable(api);
  api.notFound((c) => {
    const allowed = methodsOf(c.req.path);
    if (allowed.length === 0) return errorResponse(new NotFound('route', c.req.path), c.var.requestId);
    const refusal = new DomainError('method_not_allowed', 'method_not_allowed', { allowed });
    const response = errorResponse(refusal, c.var.requestId);
    response.headers.set('Allow', allowed.join(', '));
    return response;
  });
  return api;
}

/** Which methods a path has: the difference between 404 and 405. */
function methodTable(api: Api): (path: string) => string[] {
  const table = api.routes
    .filter((route) => route.method !== 'ALL')
    .map((route) => ({
      method: route.method,
      pattern: new RegExp(`^${route.path.replace(/:[^/]+/g, '[^/]+')}$`),
    }));
  return (path) => [
    ...new Set(table.filter((route) => route.pattern.test(path)).map((route) => route.method)),
  ];
}

/** PostgreSQL's refusal of a NUL in a text or JSON, or of a day that its calendar lacks, wherever in the request it came. */
function isUnstorable(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null;
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  return ['22021', '22P05', '22007', '22008'].includes(String(code));
}

/** Hono's own refusal of a body that is no JSON, and what no row can hold, in our words; everything else as it is. */
function toDomain(error: unknown): unknown {
  if (error instanceof HTTPException && error.status === 400) {
    return invalid('body', 'malformed_json', 'is not JSON');
  }
  if (error instanceof HTTPException && error.status === 415) {
    return invalid('Content-Type', 'content_type', 'must be application/json');
  }
  if (isUnstorable(error)) return invalid('body', 'unstorable', 'holds a character that no text may hold');
  return error;
}
