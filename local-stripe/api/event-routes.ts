/** The API of events. https://docs.stripe.com/api/events */
import { z } from 'zod';
import type { App } from '../app';
import { DAY } from '../clock';
import { malformed, missing } from '../errors';
import { bool, filled, range } from '../http/params';
import { id, type Route } from '../http/router';
import type { EventRecord } from '../types';
import { list, retrieve } from './crud';

/** Events are kept 30 days. https://docs.stripe.com/api/events/list */
function isKept(app: App, event: EventRecord): boolean {
  return event.created >= app.now - 30 * DAY;
}

function isOf(event: EventRecord, type: string): boolean {
  return type === event.type || (type.endsWith('.*') && event.type.startsWith(type.slice(0, -1)));
}

/** "You may pass either `type` or `types`, but not both" (the types). */
function wantedTypes(given: { type?: string | undefined; types?: string[] | undefined }): string[] | null {
  if (given.type && given.types)
    throw malformed('One of `type` and `types`.', 'types', 'parameters_exclusive');
  return given.types ?? (given.type ? [given.type] : null);
}

function delivered(app: App, event: EventRecord): boolean {
  return app.store.by('deliveries', 'event', event.id).every((delivery) => delivery.status === 'delivered');
}

export const eventRoutes: Route[] = [
  list('/v1/events', 'events', {
    params: {
      created: range,
      delivery_success: bool,
      type: filled,
      types: z.array(filled).max(20),
    },
    where: (event, given, app) => {
      const wanted = wantedTypes(given);
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
