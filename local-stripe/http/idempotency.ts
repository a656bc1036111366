/**
 * Idempotency keys (stripe.md 39). https://docs.stripe.com/api/idempotent_requests
 * Kept 24 h of real time; what failed validation is not kept.
 */
import { createHash } from 'node:crypto';
import type { App } from '../app';
import { StripeError } from '../errors';
import type { StoredAnswer } from '../types';

const KEPT_MS = 24 * 3600 * 1000;
/** The SDK sends a key with each POST: only the latest are of use. */
const KEPT = 5000;

export class Idempotency {
  private readonly running = new Set<string>();
  constructor(private readonly app: App) {}

  /** The stored answer for this key, or null to go ahead; refuses another request under the same key. */
  find(key: string, method: string, path: string, body: string): StoredAnswer | null {
    if (key.length > 255) {
      throw new StripeError(
        400,
        { type: 'invalid_request_error', message: 'Idempotency keys are at most 255 characters.' },
        false,
      );
    }
    if (this.running.has(key)) {
      throw new StripeError(
        409,
        {
          type: 'idempotency_error',
          code: 'idempotency_key_in_use',
          message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}.`,
        },
        false,
      );
    }
    const stored = this.app.store.get('answers', key);
    if (!stored) return null;
    if (Date.now() - stored.at > KEPT_MS) {
      this.app.store.remove('answers', key);
      return null;
    }
    if (stored.fingerprint !== fingerprint(method, path, body)) {
      throw new StripeError(
        400,
        {
          type: 'idempotency_error',
          message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
        },
        false,
      );
    }
    return stored;
  }

  hold(key: string): () => void {
    this.running.add(key);
    return () => this.running.delete(key);
  }

  private drop(): void {
    for (const oldest of this.app.store.all('answers')) {
      if (this.app.store.count('answers') < KEPT && Date.now() - oldest.at < KEPT_MS) return;
      this.app.store.remove('answers', oldest.id);
    }
  }

  keep(
    key: string,
    method: string,
    path: string,
    body: string,
    answer: { status: number; body: string; requestId: string },
  ): void {
    this.drop();
    this.app.store.put('answers', {
      id: key,
      fingerprint: fingerprint(method, path, body),
      status: answer.status,
      body: answer.body,
      request_id: answer.requestId,
      at: Date.now(),
    });
  }
}

function fingerprint(method: string, path: string, body: string): string {
  return createHash('sha256').update(`${method} ${path}\n${body}`).digest('base64');
}
