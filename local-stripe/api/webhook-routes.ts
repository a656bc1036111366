/** The API of webhook endpoints and events. The secret shows once, at creation. https://docs.stripe.com/api/webhook_endpoints */
import { z } from 'zod';
import type { App } from '../app';
import { DAY } from '../clock';
import { missing } from '../errors';
import { page } from '../http/list';
import {
  bool,
  clearable,
  expand,
  filled,
  ignored,
  inRange,
  mergeMetadata,
  metadata,
  paging,
  parse,
  range,
  text,
} from '../http/params';
import { type Call, id, type Route } from '../http/router';
import { viewEvent } from '../records/lookup';
import { strip } from '../records/strip';
import { makeEndpoint } from '../records/webhook-endpoints';
import type { EventRecord, Metadata, WebhookEndpoint } from '../types';

const createParams = z.strictObject({
  url: filled,
  enabled_events: z.array(filled).min(1),
  api_version: filled.optional(),
  description: clearable(text).optional(),
  metadata: metadata.optional(),
  connect: ignored,
  expand,
});
const updateParams = z.strictObject({
  url: filled.optional(),
  enabled_events: z.array(filled).min(1).optional(),
  description: clearable(text).optional(),
  disabled: bool.optional(),
  metadata: metadata.optional(),
  expand,
});

function get(call: Call): WebhookEndpoint {
  const endpoint = call.app.store.get('webhook_endpoints', id(call));
  if (!endpoint) throw missing('webhook endpoint', id(call));
  return endpoint;
}

function create({ app, params }: Call): object {
  const given = parse(createParams, params);
  const endpoint = makeEndpoint(app, {
    url: given.url,
    events: given.enabled_events,
    version: given.api_version ?? null,
    description: given.description ?? null,
    metadata: (given.metadata ?? {}) as Metadata,
  });
  return { ...strip(endpoint), secret: endpoint._.secret };
}

function update(call: Call): object {
  const endpoint = get(call);
  const given = parse(updateParams, call.params);
  if (given.url) endpoint.url = given.url;
  if (given.enabled_events) endpoint.enabled_events = given.enabled_events;
  if (given.description !== undefined) endpoint.description = given.description;
  if (given.disabled !== undefined) endpoint.status = given.disabled ? 'disabled' : 'enabled';
  endpoint.metadata = mergeMetadata(endpoint.metadata, given.metadata);
  call.app.store.put('webhook_endpoints', endpoint);
  return strip(endpoint);
}

const eventList = z.strictObject({
  ...paging,
  created: range.optional(),
  delivery_success: bool.optional(),
  type: filled.optional(),
  types: z.array(filled).max(20).optional(),
});

function listEvents({ app, params }: Call): object {
  const given = parse(eventList, params);
  const wanted = given.types ?? (given.type ? [given.type] : null);
  // Events are kept 30 days. https://docs.stripe.com/api/events/list
  const oldest = app.now - 30 * DAY;
  const found = [...app.store.all('events')].filter(
    (event) =>
      event.created >= oldest &&
      (!wanted ||
        wanted.some(
          (type) => type === event.type || (type.endsWith('.*') && event.type.startsWith(type.slice(0, -1))),
        )) &&
      inRange(event.created, given.created) &&
      (given.delivery_success === undefined || delivered(app, event) === given.delivery_success),
  );
  return page(found, given, '/v1/events', (event) => viewEvent(app, event));
}

function delivered(app: App, event: EventRecord): boolean {
  return app.store.by('deliveries', 'event', event.id).every((delivery) => delivery.status === 'delivered');
}

export const webhookRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/webhook_endpoints', handler: create },
  {
    method: 'GET',
    pattern: '/v1/webhook_endpoints',
    handler: ({ app, params }) =>
      page(
        [...app.store.all('webhook_endpoints')],
        parse(z.strictObject(paging), params),
        '/v1/webhook_endpoints',
        strip,
      ),
  },
  { method: 'GET', pattern: '/v1/webhook_endpoints/:id', handler: (call) => strip(get(call)) },
  { method: 'POST', pattern: '/v1/webhook_endpoints/:id', handler: update },
  {
    method: 'DELETE',
    pattern: '/v1/webhook_endpoints/:id',
    handler: (call) => {
      const endpoint = get(call);
      call.app.store.remove('webhook_endpoints', endpoint.id);
      return { id: endpoint.id, object: 'webhook_endpoint', deleted: true };
    },
  },
  { method: 'GET', pattern: '/v1/events', handler: listEvents },
  {
    method: 'GET',
    pattern: '/v1/events/:id',
    handler: (call) => {
      const event = call.app.store.get('events', id(call));
      if (!event || event.created < call.app.now - 30 * DAY) throw missing('event', id(call));
      return viewEvent(call.app, event);
    },
  },
];
