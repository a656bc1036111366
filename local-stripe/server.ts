/** The HTTP server: /v1 for the SDK, pages for people, /_local for tests and the demo. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Api } from './api/api';
import { App } from './app';
import { Control } from './control';
import { runDue } from './engine/due';
import { finish } from './engine/test-clocks';
import { kinds } from './kinds';
import { pageFor } from './pages/routes';
import { makeEndpoint } from './records/webhook-endpoints';
import { Store } from './store';
import { Deliverer } from './webhooks/deliver';

export interface Options {
  port?: number;
  host?: string;
  /** Folder for the journal; none = memory only. */
  dataDir?: string | null;
  webhookSecret?: string | null;
  /** An endpoint to make sure of. */
  webhookUrl?: string | null;
  /** Where `/api/local/clock` is, if not at the first endpoint's origin. */
  appUrl?: string | null;
  startAt?: number;
}
export interface Running {
  port: number;
  url: string;
  app: App;
  close: () => Promise<void>;
}

const MAX_BODY = 1_000_000;
const TIMEOUT_FAULT_MS = 90_000;

export async function startLocalStripe(options: Options = {}): Promise<Running> {
  const host = options.host ?? '127.0.0.1';
  const store = new Store(options.dataDir ? join(options.dataDir, 'local-stripe') : null);
  const app = new App(store, kinds);
  app.webhookSecret = options.webhookSecret || null;
  if (options.startAt !== undefined && store.meta.offset_ms === 0) {
    app.clock.set(options.startAt);
    store.meta.offset_ms = app.clock.offsetMs;
  }
  const deliverer = new Deliverer(app);
  const api = new Api(app);
  const control = new Control(app, api, deliverer, options.appUrl ?? null, options.webhookUrl ?? null);
  const server = createServer((request, response) => {
    handle(app, api, control, request, response).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' });
      response.end('{"error":{"type":"api_error","message":"Local Stripe failed."}}');
    });
  });
  server.keepAliveTimeout = 65_000;
  const port = await listen(server, options.port ?? 0, host);
  app.url = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
  if (
    options.webhookUrl &&
    ![...store.all('webhook_endpoints')].some((one) => one.url === options.webhookUrl)
  ) {
    makeEndpoint(app, {
      url: options.webhookUrl,
      events: ['*'],
      description: 'From LOCAL_STRIPE_WEBHOOK_URL',
    });
  }
  store.commit();
  deliverer.resume();
  for (const clock of store.all('test_clocks')) finish(app, clock.id);
  // Real time passes too: what falls due meanwhile is done within a second.
  const ticker = setInterval(() => {
    if (control.advancing) return;
    runDue(app, app.clock.running(), null);
    control.forget(app.clock.running());
    app.store.commit();
  }, 1000);
  ticker.unref();
  return {
    port,
    url: app.url,
    app,
    close: async () => {
      clearInterval(ticker);
      deliverer.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      store.close();
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** What was answered must survive a kill -9: the journal is written first. */
async function handle(
  app: App,
  api: Api,
  control: Control,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = request.url ?? '/';
  const cut = url.indexOf('?');
  const path = cut < 0 ? url : url.slice(0, cut);
  const query = cut < 0 ? '' : url.slice(cut + 1);
  const method = request.method ?? 'GET';
  const body = await read(request);
  if (body === null) {
    send(
      response,
      413,
      { 'content-type': 'application/json' },
      '{"error":{"type":"invalid_request_error","message":"Request body too large."}}',
    );
    return;
  }
  // A snapshot's moment is the Date header: this program's own clock (stripe.md 45).
  const date = { date: new Date(app.clock.running() * 1000).toUTCString() };
  if (path.startsWith('/v1/')) {
    const key = header(request, 'idempotency-key');
    const fault = api.takeFault();
    if (fault === 'timeout') {
      const release = key ? api.idempotency.hold(key) : null;
      setTimeout(() => {
        release?.();
        request.socket.destroy();
      }, TIMEOUT_FAULT_MS).unref();
      return;
    }
    const answer = api.answer(
      {
        method,
        path,
        query,
        body,
        authorization: header(request, 'authorization'),
        idempotencyKey: key,
        version: header(request, 'stripe-version'),
      },
      fault,
    );
    app.store.flush();
    send(
      response,
      answer.status,
      { 'content-type': 'application/json', ...date, ...answer.headers },
      answer.body,
    );
    return;
  }
  if (path.startsWith('/_local/')) {
    const answer = await control.answer(method, path, body, header(request, 'content-type'));
    app.store.flush();
    if (answer.location) send(response, 303, { location: answer.location }, '');
    else
      send(
        response,
        answer.status,
        { 'content-type': 'application/json', ...date },
        JSON.stringify(answer.body, null, 2),
      );
    return;
  }
  const page = pageFor(app, control, method, path, query, body);
  app.store.commit();
  app.store.flush();
  if (page.location) send(response, page.status, { location: page.location }, '');
  else if (page.pdf)
    send(response, 200, { 'content-type': 'application/pdf', 'content-disposition': 'inline' }, page.pdf);
  else
    send(
      response,
      page.status,
      { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
      page.html ?? '',
    );
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function read(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: string | Buffer,
): void {
  response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) });
  response.end(body);
}
