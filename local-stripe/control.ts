/** `/_local/*`: the clock, faults, deliveries and triggers. JSON, or a form from the front page. */
import { z } from 'zod';
import type { Api } from './api/api';
import { type App, DEFAULT_SETTINGS } from './app';
import { DAY } from './clock';
import { complete } from './engine/checkout';
import { intentOf } from './engine/collect';
import { runDue } from './engine/due';
import { authenticate, settleDelayed } from './engine/intents';
import { StripeError } from './errors';
import { decodeForm } from './http/form';
import { successUrl } from './pages/checkout';
import { expire, getSession, viewSession } from './records/checkout-sessions';
import { closeDispute, openDispute } from './records/disputes';
import { settleTaxId } from './records/tax-ids';
import { makeEndpoint } from './records/webhook-endpoints';
import type { Deliverer } from './webhooks/deliver';
import { signature } from './webhooks/sign';

export interface ControlAnswer {
  status: number;
  body?: unknown;
  location?: string;
}

class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const whole = z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]);
const schemas = {
  advance: z.union([
    z.strictObject({
      days: z.union([
        z.number(),
        z
          .string()
          .regex(/^\d+(\.\d+)?$/)
          .transform(Number),
      ]),
      app: z.boolean().default(true),
    }),
    // `app: false` leaves the app alone: a seed tells a year before there is one.
    z.strictObject({ to: whole, app: z.boolean().default(true) }),
  ]),
  reset: z.strictObject({ at: whole.optional() }),
  faults: z.strictObject({
    webhooks: z.enum(['normal', 'duplicate', 'shuffle', 'delay', 'drop']).optional(),
    api: z
      .strictObject({
        status: z.union([z.literal(500), z.literal(429), z.literal('timeout')]),
        next: z.int().min(0).max(100_000),
      })
      .optional(),
  }),
  deliver: z.strictObject({ event: z.string().min(1) }),
  settings: z.strictObject({
    dunning_end: z.enum(['canceled', 'unpaid', 'past_due', 'paused']).optional(),
    retry_days: z.array(z.number().positive()).max(8).optional(),
    tax_id_verdicts: z
      .record(z.string(), z.enum(['verified', 'unverified', 'unavailable', 'pending']))
      .optional(),
    tax_id_seconds: z.int().min(0).optional(),
    seller_country: z.string().length(2).optional(),
  }),
  trigger: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('charge.dispute.created'),
      charge: z.string().optional(),
      payment_intent: z.string().optional(),
      reason: z.string().optional(),
    }),
    z.strictObject({
      type: z.literal('charge.dispute.closed'),
      dispute: z.string(),
      status: z.enum(['won', 'lost']),
    }),
    z.strictObject({ type: z.literal('checkout.session.async_payment_succeeded'), session: z.string() }),
    z.strictObject({ type: z.literal('checkout.session.async_payment_failed'), session: z.string() }),
    z.strictObject({
      type: z.literal('customer.tax_id.updated'),
      tax_id: z.string(),
      status: z.enum(['verified', 'unverified', 'unavailable', 'pending']),
    }),
    z.strictObject({
      type: z.literal('authentication'),
      payment_intent: z.string().optional(),
      invoice: z.string().optional(),
      outcome: z.enum(['passed', 'failed']),
    }),
  ]),
  complete: z.strictObject({
    card: z.string().nullish(),
    outcome: z.enum(['paid', 'async', 'authentication_failed']).optional(),
    email: z.string().optional(),
    name: z.string().optional(),
    address: z
      .strictObject({
        country: z.string().length(2),
        line1: z.string().optional(),
        line2: z.string().optional(),
        postal_code: z.string().optional(),
        city: z.string().optional(),
        state: z.string().optional(),
      })
      .optional(),
    tax_id: z.string().optional(),
    promotion_code: z.string().optional(),
  }),
  none: z.strictObject({}),
};

const MAX_YEARS = 12;
const APP_ANSWER_MS = 60_000;

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
        default:
          throw new Refused(405, `/_local/${path} takes POST.`);
      }
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
        return this.trigger(schemas.trigger.parse(given));
      default:
        return this.checkout(parts, given);
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
      let reachable = tellApp && this.clockTarget() !== null;
      while (at < target) {
        at = Math.min(at + DAY, target);
        runDue(app, at, null);
        app.clock.set(at);
        this.keepOffset();
        this.forget(at);
        app.store.commit();
        await this.deliverer.idle();
        if (reachable) reachable = await this.tellApp(at);
        else await new Promise((resolve) => setImmediate(resolve));
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

  private clockTarget(): { url: string; secret: string } | null {
    const endpoint = [...this.app.store.all('webhook_endpoints')].find((one) => one.status === 'enabled');
    if (!endpoint) return null;
    const origin = this.appUrl ?? new URL(endpoint.url).origin;
    return {
      url: `${origin.replace(/\/$/, '')}/api/local/clock`,
      secret: this.app.webhookSecret ?? endpoint._.secret,
    };
  }

  /** False when nobody is there: no further waits in this call. Five seconds to connect, then as long as its jobs take. */
  private async tellApp(at: number): Promise<boolean> {
    const target = this.clockTarget();
    if (!target) return false;
    const body = JSON.stringify({ now: at, offset_ms: Math.round(this.app.clock.offsetMs) });
    const until = Date.now() + 5000;
    for (;;) {
      try {
        const response = await fetch(target.url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'stripe-signature': signature(target.secret, body) },
          body,
          redirect: 'manual',
          signal: AbortSignal.timeout(APP_ANSWER_MS),
        });
        await response.arrayBuffer();
        return response.status !== 404;
      } catch (error) {
        if (error instanceof Error && error.name === 'TimeoutError') return false;
        if (Date.now() > until) return false;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  }

  private trigger(given: z.output<typeof schemas.trigger>): unknown {
    const { app } = this;
    const { store } = app;
    switch (given.type) {
      case 'charge.dispute.created': {
        const charge = store.get(
          'charges',
          given.charge ?? store.get('payment_intents', given.payment_intent)?.latest_charge,
        );
        if (!charge) throw new Refused(404, 'Name a `charge` or a paid `payment_intent`.');
        return openDispute(app, charge, given.reason ?? 'fraudulent');
      }
      case 'charge.dispute.closed': {
        const dispute = store.get('disputes', given.dispute);
        if (!dispute) throw new Refused(404, 'There is no such dispute.');
        closeDispute(app, dispute, given.status === 'won');
        return dispute;
      }
      case 'checkout.session.async_payment_succeeded':
      case 'checkout.session.async_payment_failed': {
        const session = getSession(app, given.session);
        const invoice = store.get('invoices', session.invoice);
        const intent =
          store.get('payment_intents', session.payment_intent) ?? (invoice && intentOf(app, invoice));
        if (session.payment_status !== 'unpaid' || intent?.status !== 'processing')
          throw new Refused(400, 'This session is not waiting for a delayed payment.');
        settleDelayed(app, intent, given.type === 'checkout.session.async_payment_succeeded');
        return viewSession(app, session);
      }
      case 'customer.tax_id.updated': {
        const taxId = store.get('tax_ids', given.tax_id);
        if (!taxId) throw new Refused(404, 'There is no such tax id.');
        settleTaxId(app, taxId, given.status);
        return { id: taxId.id, verification: taxId.verification };
      }
      case 'authentication': {
        const invoice = store.get('invoices', given.invoice);
        const intent =
          store.get('payment_intents', given.payment_intent) ?? (invoice && intentOf(app, invoice));
        if (!intent) throw new Refused(404, 'Name a `payment_intent` or an `invoice`.');
        const customer = store.get('customers', intent.customer);
        return app.on(customer?.test_clock, () => authenticate(app, intent, given.outcome === 'passed'));
      }
    }
  }

  /** `/_local/checkout/{id}/complete` and `/expire`: the hosted page's own code path, without the page. */
  private checkout(parts: string[], given: unknown): unknown {
    const { app } = this;
    const [, sessionId, verb] = parts;
    if (!sessionId || parts.length !== 3)
      throw new Refused(404, 'Use /_local/checkout/{session}/complete or /expire.');
    const session = getSession(app, sessionId);
    const customer = app.store.get('customers', session.customer);
    return app.on(customer?.test_clock, () => {
      if (verb === 'expire') {
        schemas.none.parse(given);
        expire(app, session);
        return viewSession(app, session);
      }
      if (verb !== 'complete') throw new Refused(404, 'Use /_local/checkout/{session}/complete or /expire.');
      const wanted = schemas.complete.parse(given);
      const needsPlace = session.billing_address_collection === 'required' || session.automatic_tax.enabled;
      const place =
        wanted.address ??
        (needsPlace && !customer?.address?.country
          ? { country: 'LU', line1: '1 rue de la Gare', postal_code: '1611', city: 'Luxembourg' }
          : undefined);
      const number = wanted.card === null ? null : (wanted.card ?? '4242424242424242').replace(/\s/g, '');
      const done = complete(app, session, {
        card: number === null ? null : { number },
        email: wanted.email ?? customer?.email ?? session.customer_email ?? 'buyer@example.test',
        name: wanted.name,
        address: place && {
          city: place.city ?? null,
          country: place.country.toUpperCase(),
          line1: place.line1 ?? null,
          line2: place.line2 ?? null,
          postal_code: place.postal_code ?? null,
          state: place.state ?? null,
        },
        taxId: wanted.tax_id ? { type: 'eu_vat', value: wanted.tax_id } : undefined,
        promotionCode: wanted.promotion_code,
        authentication:
          wanted.outcome === 'authentication_failed' || number?.endsWith('3184')
            ? 'failed'
            : /3155$|3220$/.test(number ?? '')
              ? 'passed'
              : undefined,
        delayed: wanted.outcome === 'async',
      });
      if (done.kind === 'authenticate') throw new Refused(402, 'This card asks for authentication.');
      return { session: viewSession(app, session), redirect_url: successUrl(session) };
    });
  }
}

function parseBody(body: string, isForm: boolean): unknown {
  if (body.trim() === '') return {};
  if (isForm) {
    const fields = decodeForm(body);
    const api = fields.api;
    // The front page's fault form: `api[status]`, `api[next]`.
    if (api && typeof api === 'object' && !Array.isArray(api)) {
      const status = api.status === 'timeout' ? 'timeout' : Number(api.status);
      return { ...fields, api: { status, next: Number(api.next) } };
    }
    return fields;
  }
  try {
    return JSON.parse(body);
  } catch {
    throw new Refused(400, 'The body is not JSON.');
  }
}
