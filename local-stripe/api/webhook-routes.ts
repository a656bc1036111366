/** The API of webhook endpoints and events. The secret shows once, at creation. https://docs.stripe.com/api/webhook_endpoints */
import { z } from 'zod';
import type { App } from '../app';
import { DAY } from '../clock';
import { missing } from '../errors';
import {
  bool,
  clearable,
  expand,
  filled,
  ignored,
  mergeMetadata,
  metadata,
  parse,
  range,
  text,
} from '../http/params';
import { type Call, id, type Route } from '../http/router';
import { strip } from '../records/strip';
import { makeEndpoint } from '../records/webhook-endpoints';
import type { EventRecord, Metadata } from '../types';
import { deleted, list, one, retrieve, update } from './crud';

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

const get = one('webhook_endpoints', 'webhook endpoint');

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

/** Events are kept 30 days. https://docs.stripe.com/api/events/list */
function isKept(app: App, event: EventRecord): boolean {
  return event.created >= app.now - 30 * DAY;
}

function isOf(event: EventRecord, type: string): boolean {
  return type === event.type || (type.endsWith('.*') && event.type.startsWith(type.slice(0, -1)));
}

function delivered(app: App, event: EventRecord): boolean {
  return app.store.by('deliveries', 'event', event.id).every((delivery) => delivery.status === 'delivered');
}

export const webhookRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/webhook_endpoints', handler: create },
  list('/v1/webhook_endpoints', 'webhook_endpoints'),
  retrieve('/v1/webhook_endpoints/:id', 'webhook_endpoints', get),
  update('/v1/webhook_endpoints/:id', 'webhook_endpoints', get, null, updateParams, (rec, given) => {
    if (given.url) rec.url = given.url;
    if (given.enabled_events) rec.enabled_events = given.enabled_events;
    if (given.description !== undefined) rec.description = given.description;
    if (given.disabled !== undefined) rec.status = given.disabled ? 'disabled' : 'enabled';
    rec.metadata = mergeMetadata(rec.metadata, given.metadata);
  }),
  {
    method: 'DELETE',
    pattern: '/v1/webhook_endpoints/:id',
    handler: (call) => {
      const endpoint = get(call);
      call.app.store.remove('webhook_endpoints', endpoint.id);
      return deleted(endpoint);
    },
  },
  list('/v1/events', 'events', {
    params: {
      created: range,
      delivery_success: bool,
      type: filled,
      types: z.array(filled).max(20),
    },
    where: (event, given, app) => {
      const wanted = given.types ?? (given.type ? [given.type] : null);
      return (
        isKept(app, event) &&
        (!wanted || wanted.some((type) => isOf(event, type))) &&
        (given.delivery_success === undefined || delivered(app, event) === given.delivery_success)
      );
    },
  }),
  retrieve('/v1/events/:id', 'events', (call) => {
    const event = call.app.store.get('events', id(call));
    if (!event || !isKept(call.app, event)) throw missing('event', id(call));
    return event;
  }),
];
