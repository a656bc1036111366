/** /v1: key check, faults, idempotency, routing, expand, errors in Stripe's shape. */
import { randomBytes } from 'node:crypto';
import type { App } from '../app';
import { StripeError } from '../errors';
import { decodeForm } from '../http/form';
import { Idempotency } from '../http/idempotency';
import type { Found } from '../http/router';
import type { JsonObject } from '../types';
import { bodyInVersion } from '../webhooks/legacy-shape';
import { authorize, permit } from './access';
import { expandAll, refuseExpansions } from './expand';
import { limited, locked, RateLimiter } from './rate';
import { Reads } from './reads';
import { findRoute } from './routes';

interface ApiRequest {
  method: string;
  path: string;
  query: string;
  body: string;
  authorization: string | undefined;
  idempotencyKey: string | undefined;
  version: string | undefined;
}
interface ApiAnswer {
  status: number;
  body: string;
  headers: Record<string, string>;
}
export interface ApiFault {
  status: 500 | 429 | 'lock_timeout' | 'timeout';
  next: number;
}

export class Api {
  fault: ApiFault | null = null;
  readonly idempotency: Idempotency;
  readonly reads = new Reads();
  private readonly rate: RateLimiter;
  constructor(private readonly app: App) {
    this.idempotency = new Idempotency(app);
    this.rate = new RateLimiter(app);
  }

  /** Takes one from the fault's count; `timeout` is the server's to play. */
  takeFault(): ApiFault['status'] | null {
    if (!this.fault || this.fault.next < 1) return null;
    this.fault.next -= 1;
    const { status } = this.fault;
    if (this.fault.next < 1) this.fault = null;
    return status;
  }

  /**
   * One request, start to end, with nothing awaited in between: a change is atomic. The headers are those of Stripe's recorded
   * answers (stripe.md G3): a POST's first run names itself in `original-request`, a DELETE echoes its key and no more.
   */
  answer(request: ApiRequest, fault: Exclude<ApiFault['status'], 'timeout'> | null): ApiAnswer {
    const requestId = `req_${randomBytes(10).toString('base64url').replace(/[-_]/g, 'x').slice(0, 14)}`;
    const headers: Record<string, string> = {
      'cache-control': 'no-cache, no-store',
      'request-id': requestId,
      'stripe-version': request.version ?? this.app.settings.account_version,
    };
    const key = request.method === 'POST' ? request.idempotencyKey : undefined;
    if (key) Object.assign(headers, { 'idempotency-key': key, 'original-request': requestId });
    else if (request.method === 'DELETE' && request.idempotencyKey)
      headers['idempotency-key'] = request.idempotencyKey;
    try {
      const mode = authorize(request.authorization);
      if (fault) throw faultError(fault);
      const found = findRoute(request.method, request.path);
      if (found) {
        this.rate.take(`${found.method} ${found.pattern}`);
        this.reads.count(found);
        if (mode === 'restricted') permit(this.app, found);
      }
      const stored = key ? this.idempotency.find(key, request.method, request.path, request.body) : null;
      if (stored) {
        headers['idempotent-replayed'] = 'true';
        headers['original-request'] = stored.request_id;
        return { status: stored.status, body: stored.body, headers };
      }
      this.app.live = mode === 'live';
      const { executed, ...answer } = this.run(request, found, key, requestId);
      if (executed && request.method === 'POST') headers['stripe-should-retry'] = 'false';
      return { ...answer, headers };
    } catch (error) {
      const refusal = error instanceof StripeError ? error : null;
      const own = refusal?.status === 401 ? { 'cache-control': 'no-cache, no-store' } : headers;
      return { ...failure(error, requestId), headers: { ...own, ...refusal?.headers } };
    }
  }

  private run(
    request: ApiRequest,
    found: Found | undefined,
    key: string | undefined,
    requestId: string,
  ): { status: number; body: string; executed: boolean } {
    let answer: { status: number; body: string };
    let executed = true;
    this.app.request = { id: requestId, idempotency_key: key ?? null };
    try {
      answer = { status: 200, body: JSON.stringify(this.handle(request, found), null, 2) };
    } catch (error) {
      // Validation failures are not stored, nor are our own crashes (stripe.md 39).
      executed = error instanceof StripeError && error.executed;
      answer = failure(error, requestId);
    } finally {
      this.app.request = null;
    }
    if (key && executed)
      this.idempotency.keep(key, request.method, request.path, request.body, { ...answer, requestId });
    this.app.store.commit();
    return { ...answer, executed };
  }

  private handle(request: ApiRequest, found: Found | undefined): JsonObject {
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
    const paths = refuseExpansions(found, params.expand);
    const body = found.handler({ app: this.app, ids: found.ids, params }) as JsonObject;
    // Expanding writes into the answer: never into a record.
    const shown = paths.length > 0 ? expandAll(this.app, structuredClone(body), paths) : body;
    // An event keeps the version that it was made in (stripe.md D65).
    if (request.path.startsWith('/v1/events')) return shown;
    const version = request.version ?? this.app.settings.account_version;
    return bodyInVersion(this.app, version, shown) as JsonObject;
  }
}

function faultError(status: 500 | 429 | 'lock_timeout'): StripeError {
  if (status === 429) return limited('global-rate');
  if (status === 'lock_timeout') return locked();
  return new StripeError(
    500,
    { type: 'api_error', message: 'An unknown error occurred. (local fault)' },
    false,
  );
}

function failure(error: unknown, requestId: string): { status: number; body: string } {
  if (error instanceof StripeError) {
    const doc = error.body.code
      ? { doc_url: `https://stripe.com/docs/error-codes/${error.body.code.replaceAll('_', '-')}` }
      : {};
    const log = `https://dashboard.stripe.com/test/logs/${requestId}`;
    return {
      status: error.status,
      body: JSON.stringify(
        { error: { ...error.body, ...doc, ...(error.status === 401 ? {} : { request_log_url: log }) } },
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
