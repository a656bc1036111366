/**
 * Deliveries: signed anew on each try, 2xx is success (stripe.md 3, 6), in order of creation as far as eight at a
 * time allow. Retry steps are short and in real time, so that a demo recovers quickly.
 */
import type { App } from '../app';
import type { Delivery, EventRecord, WebhookEndpoint } from '../types';
import { inVersion } from './legacy-shape';
import { signature } from './sign';

export type WebhookFault = 'normal' | 'duplicate' | 'shuffle' | 'delay' | 'drop';
const RETRY_SECONDS = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200];
const IN_FLIGHT = 8;
const TIMEOUT_MS = 20_000;

export class Deliverer {
  fault: WebhookFault = 'normal';
  private queue: string[] = [];
  private shuffled: string[] = [];
  private shuffleTimer: NodeJS.Timeout | null = null;
  private flying = 0;
  private firstTries = 0;
  private readonly waiters: (() => void)[] = [];
  private readonly retries = new Map<string, NodeJS.Timeout>();
  private closed = false;

  constructor(private readonly app: App) {
    app.deliver = (event, endpoint) => this.enqueue(event, endpoint);
  }

  /** After a restart: what was on its way goes out again. */
  resume(): void {
    for (const delivery of this.app.store.all('deliveries')) {
      if (delivery.status === 'pending')
        this.later(delivery, Math.max(0, (delivery.next_at ?? 0) - Date.now()));
    }
  }

  enqueue(event: EventRecord, endpoint: WebhookEndpoint): void {
    const { fault } = this;
    const delivery = this.record(event, endpoint);
    if (fault === 'drop') {
      delivery.status = 'dropped';
      this.app.store.put('deliveries', delivery);
      return;
    }
    this.first(delivery);
    if (fault === 'duplicate') this.first(this.record(event, endpoint));
  }

  /** `POST /_local/deliver`: once more, whatever became of it. */
  again(event: EventRecord): number {
    let sent = 0;
    for (const endpoint of this.app.store.all('webhook_endpoints')) {
      if (endpoint.status !== 'enabled') continue;
      this.first(this.record(event, endpoint), true);
      sent += 1;
    }
    return sent;
  }

  /** Resolves when each delivery has been tried at least once. */
  idle(): Promise<void> {
    this.releaseShuffled();
    if (this.firstTries === 0) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  reset(): void {
    this.queue = [];
    this.shuffled = [];
    this.firstTries = 0;
    for (const timer of this.retries.values()) clearTimeout(timer);
    this.retries.clear();
    this.wake();
  }

  close(): void {
    this.closed = true;
    this.reset();
    if (this.shuffleTimer) clearTimeout(this.shuffleTimer);
  }

  private record(event: EventRecord, endpoint: WebhookEndpoint): Delivery {
    const n = this.app.store.next('delivery');
    return this.app.store.put('deliveries', {
      id: `dlv_${n}`,
      event: event.id,
      type: event.type,
      endpoint: endpoint.id,
      status: 'pending',
      http_status: null,
      error: null,
      attempt: 0,
      at: Date.now(),
      next_at: Date.now(),
      ms: null,
    });
  }

  private first(delivery: Delivery, now = false): void {
    if (this.fault === 'delay' && !now) {
      this.later(delivery, 5000);
      return;
    }
    this.firstTries += 1;
    if (this.fault === 'shuffle' && !now) {
      this.shuffled.push(delivery.id);
      this.shuffleTimer ??= setTimeout(() => this.releaseShuffled(), 300);
      this.shuffleTimer.unref();
      return;
    }
    this.queue.push(delivery.id);
    setImmediate(() => this.pump());
  }

  private releaseShuffled(): void {
    if (this.shuffleTimer) clearTimeout(this.shuffleTimer);
    this.shuffleTimer = null;
    const held = this.shuffled;
    this.shuffled = [];
    for (let at = held.length - 1; at > 0; at -= 1) {
      const other = Math.floor(Math.random() * (at + 1));
      [held[at], held[other]] = [held[other] as string, held[at] as string];
    }
    this.queue.push(...held);
    this.pump();
  }

  private later(delivery: Delivery, ms: number): void {
    if (this.closed) return;
    const timer = setTimeout(() => {
      this.retries.delete(delivery.id);
      this.firstTries += 1;
      this.queue.push(delivery.id);
      this.pump();
    }, ms);
    timer.unref();
    this.retries.set(delivery.id, timer);
  }

  private pump(): void {
    while (!this.closed && this.flying < IN_FLIGHT && this.queue.length > 0) {
      const delivery = this.app.store.get('deliveries', this.queue.shift());
      if (!delivery) {
        this.tried();
        continue;
      }
      this.flying += 1;
      void this.attempt(delivery).finally(() => {
        this.flying -= 1;
        this.tried();
        this.pump();
      });
    }
  }

  private tried(): void {
    this.firstTries = Math.max(0, this.firstTries - 1);
    if (this.firstTries === 0) this.wake();
  }

  private wake(): void {
    for (const resolve of this.waiters.splice(0)) resolve();
  }

  private async attempt(delivery: Delivery): Promise<void> {
    const { store } = this.app;
    const event = store.get('events', delivery.event);
    const endpoint = store.get('webhook_endpoints', delivery.endpoint);
    // Endpoint disabled or removed meanwhile: no more tries (stripe.md 3).
    if (!event || !endpoint || endpoint.status !== 'enabled') {
      this.note(delivery, { status: 'failed', error: 'endpoint gone', next_at: null });
      return;
    }
    const body = this.body(event, endpoint);
    const secret = this.app.webhookSecret ?? endpoint._.secret;
    const began = Date.now();
    delivery.attempt += 1;
    let status: number | null = null;
    let error: string | null = null;
    try {
      const response = await fetch(endpoint.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks) local',
          'stripe-signature': signature(secret, body),
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.arrayBuffer();
      status = response.status;
    } catch (problem) {
      error =
        problem instanceof Error
          ? problem.cause instanceof Error
            ? problem.cause.message
            : problem.message
          : 'failed';
    }
    if (!store.get('deliveries', delivery.id)) return; // reset while it was under way
    const ok = status !== null && status >= 200 && status < 300;
    const wait = RETRY_SECONDS[delivery.attempt - 1];
    const gone = !ok && wait === undefined;
    this.note(delivery, {
      status: ok ? 'delivered' : gone ? 'failed' : 'pending',
      http_status: status,
      error,
      at: began,
      ms: Date.now() - began,
      next_at: ok || wait === undefined ? null : Date.now() + wait * 1000,
    });
    if (!ok && wait !== undefined) this.later(delivery, wait * 1000);
  }

  private note(delivery: Delivery, change: Partial<Delivery>): void {
    Object.assign(delivery, change);
    this.app.store.put('deliveries', delivery);
    this.app.store.commit();
  }

  private body(event: EventRecord, endpoint: WebhookEndpoint): string {
    const shown = this.app.view('events', event);
    const api_version = endpoint.api_version ?? event.api_version;
    return JSON.stringify(
      { ...shown, api_version, data: inVersion(this.app, api_version, event.data) },
      null,
      2,
    );
  }
}
