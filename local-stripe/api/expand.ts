/**
 * `expand[]=latest_invoice.payments`, `data.customer`, …: up to four levels, the segments counted as written (stripe.md D1).
 * https://docs.stripe.com/api/expanding_objects
 */
import type { App } from '../app';
import { malformed } from '../errors';
import type { Found } from '../http/router';
import { includable, lookUp } from '../records/lookup';
import type { Json, JsonObject } from '../types';
import { answerOf, isExpandable } from './expandable';

/** Before the object is looked up: too deep, or a first property that cannot be expanded. Deeper ones are not looked at (stripe.md D2). */
export function refuseExpansions(found: Found, given: Json | undefined): string[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw malformed('Invalid array', 'expand');
  const paths = given.map(String);
  const answer = answerOf(found.method, found.pattern);
  for (const path of paths) {
    const parts = path.split('.');
    if (parts.length > 4) {
      throw malformed(
        `You cannot expand more than 4 levels of a property. Property: ${path}`,
        'expand',
        'property_expansion_max_depth',
      );
    }
    if (!answer) continue;
    const [first = '', second = ''] = parts;
    if (
      answer.list
        ? first !== 'data' || !isExpandable(answer.object, second)
        : !isExpandable(answer.object, first)
    ) {
      const hint =
        answer.list && isExpandable(answer.object, first) ? ` In a list it is 'data.${first}'.` : '';
      throw malformed(`This property cannot be expanded (${path}).${hint}`, 'expand');
    }
  }
  return paths;
}

export function expandAll(app: App, body: JsonObject, paths: string[]): JsonObject {
  for (const path of paths) step(app, body, path.split('.'));
  return body;
}

function step(app: App, here: Json | undefined, parts: string[]): void {
  const [part, ...rest] = parts;
  if (part === undefined || here === null || here === undefined) return;
  if (Array.isArray(here)) {
    for (const one of here) step(app, one, parts);
    return;
  }
  if (typeof here !== 'object') return;
  const extra = includable(app, here, part);
  if (extra !== undefined) here[part] = structuredClone(extra); // what is expanded further must not be the record
  const value = here[part];
  if (typeof value === 'string') here[part] = found(app, part, value);
  else if (Array.isArray(value)) {
    here[part] = value.map((one) => (typeof one === 'string' ? found(app, part, one) : one));
  }
  if (rest.length > 0) step(app, here[part], rest);
}

function found(app: App, part: string, id: string): Json {
  const object = lookUp(app, part, id);
  return object ? structuredClone(object) : id;
}
