/** `expand[]=latest_invoice.payments`, `data.customer`, …: up to four levels. https://docs.stripe.com/api/expanding_objects */
import type { App } from '../app';
import { malformed } from '../errors';
import { includable, lookUp } from '../records/lookup';
import type { Json, JsonObject } from '../types';

export function expandAll(app: App, body: JsonObject, paths: string[]): JsonObject {
  for (const path of paths) {
    const parts = path.split('.');
    const depth = parts.filter((part) => part !== 'data').length;
    if (depth > 4)
      throw malformed(`You cannot expand more than 4 levels of a property. Property: ${path}`, 'expand');
    step(app, body, parts, path);
  }
  return body;
}

function step(app: App, here: Json | undefined, parts: string[], whole: string): void {
  const [part, ...rest] = parts;
  if (part === undefined || here === null || here === undefined) return;
  if (Array.isArray(here)) {
    for (const one of here) step(app, one, parts, whole);
    return;
  }
  if (typeof here !== 'object') return;
  const extra = includable(app, here, part);
  if (extra !== undefined) here[part] = structuredClone(extra); // what is expanded further must not be the record
  const value = here[part];
  if (value === undefined) {
    // Known but not there (a deleted object, a null parent): nothing to expand. Else the path is wrong.
    if (here.deleted === true || typeof here.object !== 'string' || here.object === 'list') return;
    if (!MAYBE_ABSENT.has(part)) {
      throw malformed(`This property cannot be expanded (${whole}).`, 'expand');
    }
    return;
  }
  if (typeof value === 'string') here[part] = found(app, part, value);
  else if (Array.isArray(value)) {
    here[part] = value.map((one) => (typeof one === 'string' ? found(app, part, one) : one));
  }
  if (rest.length > 0) step(app, here[part], rest, whole);
}

function found(app: App, part: string, id: string): Json {
  const object = lookUp(app, part, id);
  return object ? structuredClone(object) : id;
}

const MAYBE_ABSENT = new Set([
  'charge',
  'payment_intent',
  'default_price',
  'confirmation_secret',
  'tax',
  'tiers',
  'sources',
  'schedule',
]);
