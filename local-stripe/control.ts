/** `/_local/*`: the clock, faults, deliveries and triggers. JSON, or a form from the front page. */
import { z } from 'zod';
import type { Api } from './api/api';
import { type App, DEFAULT_SETTINGS } from './app';
import { DAY } from './clock';
import { clockTarget, tellClock } from './control/app-clock';
import { checkout } from './control/checkout';
import { customers } from './control/customers';
import { schemas } from './control/schemas';
import { trigger } from './control/trigger';
import { runDue } from './engine/due';
import { StripeError } from './errors';
import { parseBody, Refused } from './http/body';
import { makeEndpoint } from './records/webhook-endpoints';
import type { Deliverer } from './webhooks/deliver';

interface ControlAnswer {
  status: number;
  body?: unknown;
  location?: string;
}

const MAX_YEARS = 12;

export class Control {
  advancing = false;
  constructor(
    readonly app: App,
    readonly api: Api,
    readonly deliverer: Deliverer,
    private readonly appUrl: string | null,
    private readonly webhookUrl: string | null,
  ) {}

  async answer(method: string, path: string, body: string, type: string | undefined): Promise<ControlAnswer> {
    const isForm = type?.startsWith('application/x-www-form-urlencoded') ?? false;
    try {
      const given = method === 'POST' ? parseBody(body, isForm) : {};
      const result = await this.route(method, path.slice('/_local/'.length), given);
      this.app.store.commit();
      return isForm ? { status: 303, location: '/' } : { status: 200, body: result };
    } catch (error) {
      this.app.store.commit();
      if (error instanceof Refused)
        return { status: error.status, body: { error: { message: error.message } } };
      if (error instanceof StripeError) return { status: error.status, body: { error: error.body } };
      if (error instanceof z.ZodError) {
        const issue = error.issues[0];
        return {
          status: 400,
          body: { error: { message: `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}` } },
        };
      }
      throw error;
    }
  }

  private async route(method: string, path: string, given: unknown): Promise<unknown> {
    const parts = path.split('/');
    const known = [
      'clock',
      'deliveries',
      'settings',
      'faults',
      'advance',
      'reset',
      'deliver',
      'trigger',
      'checkout',
      'customers',
      'reads',
    ];
    if (!known.includes(parts[0] ?? '')) throw new Refused(404, `There is no /_local/${path}.`);
    if (method === 'GET') {
      switch (path) {
        case 'clock':
          return this.clock();
        case 'deliveries':
          return this.deliveries();
        case 'settings':
          return this.app.settings;
        case 'faults':
          return this.faults();
        case 'reads':
          return this.api.reads.shown();
        default:
          throw new Refused(405, `/_local/${path} takes POST.`);
      }
    }
    if (path === (method === 'DELETE' ? 'reads' : 'reads/reset')) {
      this.api.reads.reset();
      return this.api.reads.shown();
    }
    if (method !== 'POST') throw new Refused(405, 'GET or POST only.');
    switch (path) {
      case 'advance': {
        const wanted = schemas.advance.parse(given);
        const now = this.app.clock.running();
        return this.advance('to' in wanted ? wanted.to : now + Math.round(wanted.days * DAY), wanted.app);
      }
      case 'reset':
        return this.reset(schemas.reset.parse(given).at);
      case 'faults': {
        const { webhooks, api } = schemas.faults.parse(given);
        if (webhooks) this.deliverer.fault = webhooks;
        if (api) this.api.fault = api.next > 0 ? api : null;
        return this.faults();
      }
      case 'deliver': {
        const event = this.app.store.get('events', schemas.deliver.parse(given).event);
        if (!event) throw new Refused(404, 'There is no such event.');
        const sent = this.deliverer.again(event);
        await this.deliverer.idle();
        return { event: event.id, sent };
      }
      case 'settings': {
        const change = schemas.settings.parse(given);
        this.app.setSettings({
          ...change,
          ...(change.tax_id_verdicts
            ? { tax_id_verdicts: { ...this.app.settings.tax_id_verdicts, ...change.tax_id_verdicts } }
            : {}),
        } as Partial<App['settings']>);
        return this.app.settings;
      }
      case 'trigger':
        return trigger(this.app, schemas.trigger.parse(given));
      default:
        return (parts[0] === 'customers' ? customers : checkout)(this.app, parts, given);
    }
  }

  clock() {
    return {
      now: this.app.clock.running(),
      offset_ms: Math.round(this.app.clock.offsetMs),
      advancing: this.advancing,
    };
  }

  faults() {
    return { webhooks: this.deliverer.fault, api: this.api.fault };
  }

  deliveries() {
    return [...this.app.store.all('deliveries')].slice(-5000).map((one) => ({
      event: one.event,
      type: one.type,
      endpoint: this.app.store.get('webhook_endpoints', one.endpoint)?.url ?? one.endpoint,
      status: one.status,
      attempt: one.attempt,
      at: new Date(one.at).toISOString(),
      ms: one.ms,
      http_status: one.http_status,
      error: one.error,
    }));
  }

  /** Empties everything; the endpoint of LOCAL_STRIPE_WEBHOOK_URL is made anew. */
  private reset(at: number | undefined) {
    if (this.advancing) throw new Refused(409, 'The clock is being advanced.');
    const { app } = this;
    this.deliverer.reset();
    this.deliverer.fault = 'normal';
    this.api.fault = null;
    this.api.reads.reset();
    app.store.reset();
    app.timers.clear();
    app.settings = { ...DEFAULT_SETTINGS };
    if (at === undefined) app.clock.offsetMs = 0;
    else app.clock.set(at);
    this.keepOffset();
    if (this.webhookUrl)
      makeEndpoint(app, {
        url: this.webhookUrl,
        events: ['*'],
        description: 'From LOCAL_STRIPE_WEBHOOK_URL',
      });
    app.store.commit();
    return this.clock();
  }

  /**
   * Step by step, at most a day each: what falls due happens at its own instant, its webhooks are delivered (or have
   * failed once), the app runs its jobs, then the next step.
   */
  private async advance(target: number, tellApp: boolean) {
    const { app } = this;
    const now = app.clock.running();
    if (this.advancing) throw new Refused(409, 'The clock is already being advanced.');
    if (!Number.isFinite(target) || target <= now)
      throw new Refused(400, 'The clock only moves forward: `to` must lie ahead.');
    if (target > now + MAX_YEARS * 366 * DAY) throw new Refused(400, `At most ${MAX_YEARS} years at once.`);
    const before = app.store.meta.counters.evt ?? 0;
    this.advancing = true;
    try {
      let at = now;
      let told = tellApp;
      while (at < target) {
        at = Math.min(at + DAY, target);
        runDue(app, at, null);
        app.clock.set(at);
        this.keepOffset();
        this.forget(at);
        app.store.commit();
        await this.deliverer.idle();
        const there = told ? clockTarget(app, this.appUrl) : null;
        told = there !== null && (await tellClock(there, at, app.clock.offsetMs));
        if (!there) await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      this.advancing = false;
    }
    return {
      now: app.clock.running(),
      offset_ms: Math.round(app.clock.offsetMs),
      events: (app.store.meta.counters.evt ?? 0) - before,
    };
  }

  private keepOffset(): void {
    this.app.store.meta.offset_ms = this.app.clock.offsetMs;
    this.app.store.touchMeta();
  }

  /** Events live 30 days. https://docs.stripe.com/api/events */
  forget(now: number): void {
    const { store } = this.app;
    for (const event of store.all('events')) {
      if (event.created > now - 31 * DAY) break; // in order of creation
      for (const delivery of store.by('deliveries', 'event', event.id))
        store.remove('deliveries', delivery.id);
      store.remove('events', event.id);
    }
  }
}
