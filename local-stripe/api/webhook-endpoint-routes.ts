/** The API of webhook endpoints. The secret shows once, at creation. https://docs.stripe.com/api/webhook_endpoints */
import { z } from 'zod';
import {
  bool,
  clearable,
  expand,
  filled,
  ignored,
  mergeMetadata,
  metadata,
  parse,
  text,
} from '../http/params';
import type { Call, Route } from '../http/router';
import { strip } from '../records/strip';
import { refuseInsecure } from '../records/urls';
import { makeEndpoint } from '../records/webhook-endpoints';
import type { Metadata } from '../types';
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

const get = one('webhook_endpoints');

function create({ app, params }: Call): object {
  const given = parse(createParams, params);
  refuseInsecure(app, { url: given.url });
  const endpoint = makeEndpoint(app, {
    url: given.url,
    events: given.enabled_events,
    version: given.api_version ?? null,
    description: given.description ?? null,
    metadata: (given.metadata ?? {}) as Metadata,
  });
  return { ...strip(endpoint), secret: endpoint._.secret };
}

export const webhookEndpointRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/webhook_endpoints', handler: create },
  list('/v1/webhook_endpoints', 'webhook_endpoints'),
  retrieve('/v1/webhook_endpoints/:id', 'webhook_endpoints'),
  update('/v1/webhook_endpoints/:id', 'webhook_endpoints', null, updateParams, (rec, given, app) => {
    refuseInsecure(app, { url: given.url });
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
];
