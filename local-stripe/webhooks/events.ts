/** Events: a snapshot of the object as it was, and what it was before. https://docs.stripe.com/api/events */
import type Stripe from 'stripe';
import type { App } from '../app';
import type { Delivery, EventRecord, Json, JsonObject, WebhookEndpoint, Wire } from '../types';
import { API_VERSION } from '../version';

export function emit(
  app: App,
  type: Stripe.Event['type'],
  object: object,
  previous?: JsonObject,
): EventRecord {
  const snapshot = object as JsonObject;
  const event: EventRecord = {
    id: app.ids.make('evt'),
    type,
    created: app.clock.now(),
    api_version: API_VERSION,
    object_id: typeof snapshot.id === 'string' ? snapshot.id : '',
    customer:
      snapshot.object === 'customer'
        ? String(snapshot.id)
        : typeof snapshot.customer === 'string'
          ? snapshot.customer
          : null,
    request: app.request,
    data: JSON.stringify(
      previous ? { object: snapshot, previous_attributes: previous } : { object: snapshot },
    ),
  };
  app.store.put('events', event);
  for (const endpoint of app.store.all('webhook_endpoints')) {
    if (endpoint.status === 'enabled' && wants(endpoint, type)) app.deliver(event, endpoint);
  }
  return event;
}

function wants(endpoint: WebhookEndpoint, type: string): boolean {
  return endpoint.enabled_events.includes('*') || endpoint.enabled_events.includes(type);
}

export function viewEvent(app: App, event: EventRecord): Wire<Stripe.EventBase> {
  return {
    id: event.id,
    object: 'event',
    api_version: event.api_version,
    created: event.created,
    data: JSON.parse(event.data) as Wire<Stripe.EventBase>['data'],
    livemode: false,
    pending_webhooks: pending(app, event.id),
    request: event.request,
    type: event.type as Stripe.Event['type'],
  };
}

function pending(app: App, event: string): number {
  return app.store
    .by('deliveries', 'event', event)
    .filter((delivery: Delivery) => delivery.status === 'pending').length;
}

/**
 * What changed, with the old values: objects key by key, arrays whole, keys that are new as null.
 * https://docs.stripe.com/api/events/object (data.previous_attributes)
 */
export function difference(before: JsonObject, after: JsonObject): JsonObject | null {
  const changed: JsonObject = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const was = before[key];
    const is = after[key];
    if (same(was, is)) continue;
    if (isObject(was) && isObject(is)) changed[key] = difference(was, is) ?? {};
    else changed[key] = was === undefined ? null : was;
  }
  return Object.keys(changed).length > 0 ? changed : null;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
