/** The local VIES over HTTP: VIES's own paths, a page that switches it, `/_local` for tests. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { control } from './control';
import { page } from './page';
import { Requests } from './requests';
import { BASE, Service } from './service';
import { State } from './state';

interface Options {
  port?: number;
  host?: string;
  /** Folder of its file; none = memory only. */
  dataDir?: string | null;
  /** Business time in milliseconds: what `requestDate` says. */
  now?: () => number;
}

export interface RunningVies {
  port: number;
  /** Of the page and `/_local`. */
  url: string;
  /** What `VIES_URL` is set to. */
  base: string;
  close: () => Promise<void>;
}

const MAX_BODY = 100_000;

export async function startLocalVies(options: Options = {}): Promise<RunningVies> {
  const host = options.host ?? '127.0.0.1';
  const state = new State(options.dataDir ? join(options.dataDir, 'local-stripe', 'vies.json') : null);
  const requests = new Requests();
  const service = new Service(state, requests, options.now ?? Date.now);
  const server = createServer((request, response) => {
    handle(state, requests, service, request, response).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end('The local VIES failed.');
    });
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, () => resolve((server.address() as AddressInfo).port));
  });
  const url = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
  return {
    port,
    url,
    base: `${url}${BASE}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function handle(
  state: State,
  requests: Requests,
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort());
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://local.invalid');
  const method = request.method ?? 'GET';
  const body = await read(request);
  if (body === null) return send(response, 413, 'text/plain', 'Too large.');
  if (pathname.startsWith(`${BASE}/`)) {
    const path = pathname.slice(BASE.length);
    const answer = await service.answer({ method, path, query: searchParams, body, left: left.signal });
    return answer ? send(response, answer.status, answer.type, answer.body) : undefined;
  }
  if (pathname.startsWith('/_local/')) {
    const type = request.headers['content-type'];
    const answer = control(state, requests, method, pathname, body, type);
    if (!answer.location)
      return send(response, answer.status, 'application/json', JSON.stringify(answer.body, null, 2));
    response.writeHead(answer.status, { location: answer.location });
    response.end();
    return;
  }
  if (pathname === '/') return send(response, 200, 'text/html; charset=utf-8', page(state, requests));
  return send(response, 404, 'text/plain', 'Not found.');
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

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': String(Buffer.byteLength(body)) });
  response.end(body);
}
