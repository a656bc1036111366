/** For this folder's tests: an instance in memory, the real SDK, a webhook receiver. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { type Options, type Running, startLocalStripe } from './server';

export const SECRET = 'whsec_of_the_tests';
export const START = Date.UTC(2026, 0, 15, 12) / 1000;

export interface Bench {
  running: Running;
  stripe: Stripe;
  local: (path: string, body?: object) => Promise<{ status: number; body: Record<string, unknown> }>;
  close: () => Promise<void>;
}

export async function open(options: Options = {}): Promise<Bench> {
  const running = await startLocalStripe({ webhookSecret: SECRET, ...options });
  const stripe = client(running.port);
  const local: Bench['local'] = async (path, body) => {
    const response = await fetch(`${running.url}/_local/${path}`, {
      method: body ? 'POST' : 'GET',
      ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return { running, stripe, local, close: running.close };
}

export function client(port: number, key = 'sk_test_local'): Stripe {
  return new Stripe(key, { host: '127.0.0.1', port, protocol: 'http', maxNetworkRetries: 0 });
}

export interface Receiver {
  url: string;
  events: Stripe.Event[];
  bodies: string[];
  clocks: { now: number; offset_ms: number }[];
  /** Answers this many deliveries with 500 first. */
  failing: number;
  close: () => void;
}

export async function receiver(): Promise<Receiver> {
  const state: Receiver = {
    url: '',
    events: [],
    bodies: [],
    clocks: [],
    failing: 0,
    close: () => server.close(),
  };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      const signature = String(request.headers['stripe-signature']);
      if (request.url === '/api/local/clock') {
        Stripe.webhooks.signature?.verifyHeader(body, signature, SECRET);
        state.clocks.push(JSON.parse(body));
      } else if (state.failing > 0) {
        state.failing -= 1;
        response.statusCode = 500;
      } else {
        state.bodies.push(body);
        state.events.push(Stripe.webhooks.constructEvent(body, signature, SECRET));
      }
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return state;
}

export async function price(
  stripe: Stripe,
  name: string,
  amount: number,
  interval: 'month' | 'year' = 'month',
): Promise<Stripe.Price> {
  return stripe.prices.create({
    currency: 'eur',
    unit_amount: amount,
    recurring: { interval },
    product_data: { name },
    tax_behavior: 'exclusive',
  });
}

export async function customerWith(
  stripe: Stripe,
  card: string,
  given: Stripe.CustomerCreateParams = {},
): Promise<Stripe.Customer> {
  const customer = await stripe.customers.create({ email: 'owner@acme.test', name: 'Acme', ...given });
  const method = await stripe.paymentMethods.attach(card, { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
  return customer;
}

export async function refused(work: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}

export const day = (instant: number | null | undefined): string | null =>
  instant ? new Date(instant * 1000).toISOString().slice(0, 10) : null;
