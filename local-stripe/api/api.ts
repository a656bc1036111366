/** /v1: key check, faults, idempotency, routing, expand, errors in Stripe's shape. */
import { randomBytes } from 'node:crypto';
import type { App } from '../app';
import { StripeError } from '../errors';
import { decodeForm } from '../http/form';
import { Idempotency } from '../http/idempotency';
import type { JsonObject } from '../types';
import { SECRET_KEY } from '../version';
import { expandAll } from './expand';
import { findRoute } from './routes';

interface ApiRequest {
  method: string;
  path: string;
  query: string;
  body: string;
  authorization: string | undefined;
  idempotencyKey: string | undefined;
}
interface ApiAnswer {
  status: number;
  body: string;
  headers: Record<string, string>;
}
export interface ApiFault {
  status: 500 | 429 | 'timeout';
  next: number;
}

export class Api {
  fault: ApiFault | null = null;
  readonly idempotency: Idempotency;
  constructor(private readonly app: App) {
    this.idempotency = new Idempotency(app);
  }

  /** Takes one from the fault's count; `timeout` is the server's to play. */
  takeFault(): ApiFault['status'] | null {
    if (!this.fault || this.fault.next < 1) return null;
    this.fault.next -= 1;
    const { status } = this.fault;
    if (this.fault.next < 1) this.fault = null;
    return status;
  }

  /** One request, start to end, with nothing awaited in between: a change is atomic. */
  answer(request: ApiRequest, fault: 500 | 429 | null): ApiAnswer {
    const requestId = `req_${randomBytes(10).toString('base64url').replace(/[-_]/g, 'x').slice(0, 14)}`;
    const headers: Record<string, string> = {
      'request-id': requestId,
      'stripe-version': '2026-10-28.endive',
    };
    const key = request.method === 'POST' ? request.idempotencyKey : undefined;
    if (key) headers['idempotency-key'] = key;
    try {
      authorize(request.authorization);
      if (fault) throw faultError(fault);
      const stored = key ? this.idempotency.find(key, request.method, request.path, request.body) : null;
      if (stored) {
        headers['idempotent-replayed'] = 'true';
        headers['original-request'] = stored.request_id;
        headers['request-id'] = requestId;
        return { status: stored.status, body: stored.body, headers };
      }
      return { ...this.run(request, key, requestId), headers };
    } catch (error) {
      return { ...failure(error, requestId), headers };
    }
  }

  private run(
    request: ApiRequest,
    key: string | undefined,
    requestId: string,
  ): { status: number; body: string } {
    let answer: { status: number; body: string };
    let keep = true;
    this.app.request = { id: requestId, idempotency_key: key ?? null };
    try {
      answer = { status: 200, body: JSON.stringify(this.handle(request), null, 2) };
    } catch (error) {
      // Validation failures are not stored, nor are our own crashes (stripe.md 39).
      keep = error instanceof StripeError && error.executed;
      answer = failure(error, requestId);
    } finally {
      this.app.request = null;
    }
    if (key && keep)
      this.idempotency.keep(key, request.method, request.path, request.body, { ...answer, requestId });
    this.app.store.commit();
    return answer;
  }

  private handle(request: ApiRequest): JsonObject {
    const found = findRoute(request.method, request.path);
    if (!found) {
      throw new StripeError(
        404,
        {
          type: 'invalid_request_error',
          message: `Unrecognized request URL (${request.method}: ${request.path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`,
        },
        false,
      );
    }
    const params = decodeForm([request.query, request.body].filter(Boolean).join('&'));
    const paths = Array.isArray(params.expand) ? params.expand.map(String) : [];
    const body = found.handler({ app: this.app, ids: found.ids, params }) as JsonObject;
    // Expanding writes into the answer: never into a record.
    return paths.length > 0 ? expandAll(this.app, structuredClone(body), paths) : body;
  }
}

function authorize(header: string | undefined): void {
  const bearer = /^Bearer (.*)$/.exec(header ?? '')?.[1];
  const basic = /^Basic (.*)$/.exec(header ?? '')?.[1];
  const key = bearer ?? (basic ? Buffer.from(basic, 'base64').toString().split(':')[0] : undefined);
  if (key === SECRET_KEY) return;
  throw new StripeError(
    401,
    {
      type: 'invalid_request_error',
      message: key
        ? `Invalid API Key provided: ${key.slice(0, 8)}****`
        : 'You did not provide an API key. You need to provide your API key in the Authorization header.',
    },
    false,
  );
}

function faultError(status: 500 | 429): StripeError {
  return status === 429
    ? new StripeError(
        429,
        {
          type: 'invalid_request_error',
          code: 'rate_limit',
          message: 'Request rate limit exceeded. (local fault)',
        },
        false,
      )
    : new StripeError(500, { type: 'api_error', message: 'An unknown error occurred. (local fault)' }, false);
}

function failure(error: unknown, requestId: string): { status: number; body: string } {
  if (error instanceof StripeError) {
    const doc = error.body.code
      ? { doc_url: `https://stripe.com/docs/error-codes/${error.body.code.replaceAll('_', '-')}` }
      : {};
    return {
      status: error.status,
      body: JSON.stringify(
        {
          error: {
            ...error.body,
            ...doc,
            request_log_url: `https://dashboard.stripe.com/test/logs/${requestId}`,
          },
        },
        null,
        2,
      ),
    };
  }
  console.error(error);
  const message = error instanceof Error ? error.message : String(error);
  return {
    status: 500,
    body: JSON.stringify(
      { error: { type: 'api_error', message: `Local Stripe failed: ${message}` } },
      null,
      2,
    ),
  };
}
