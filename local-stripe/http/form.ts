/** Stripe's form encoding: `a[b][0][c]=d`, `a[]=x`. Arrays come out as arrays. https://docs.stripe.com/api */
import { malformed } from '../errors';
import type { Json, JsonObject } from '../types';

const MAX_DEPTH = 12;

export function decodeForm(text: string): JsonObject {
  const root: JsonObject = Object.create(null) as JsonObject;
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const cut = pair.indexOf('=');
    const name = unquote(cut < 0 ? pair : pair.slice(0, cut));
    const value = cut < 0 ? '' : unquote(pair.slice(cut + 1));
    place(root, path(name), value, name);
  }
  return arrays(root) as JsonObject;
}

function unquote(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw malformed('Invalid form encoding.', undefined);
  }
}

function path(name: string): string[] {
  const open = name.indexOf('[');
  if (open < 0) return [name];
  const rest = name.slice(open);
  if (!/^(\[[^[\]]*\])+$/.test(rest)) throw malformed(`Invalid parameter name: ${name}`, name);
  return [name.slice(0, open), ...rest.slice(1, -1).split('][')];
}

function place(root: JsonObject, keys: string[], value: string, name: string): void {
  if (keys.length > MAX_DEPTH || keys.includes('__proto__'))
    throw malformed(`Invalid parameter name: ${name}`, name);
  let here = root;
  for (const [at, key] of keys.entries()) {
    const own = key === '' ? String(Object.keys(here).length) : key;
    if (at === keys.length - 1) {
      here[own] = value;
      return;
    }
    // `a[][b]=1&a[][c]=2`: a repeated `[]` with new keys stays in the element begun last.
    const last = key === '' ? String(Object.keys(here).length - 1) : own;
    const begun = here[last];
    const goesOn =
      key === '' && isObject(begun) && at + 1 < keys.length && !((keys[at + 1] as string) in begun)
        ? last
        : own;
    const next = here[goesOn];
    if (isObject(next)) here = next;
    else if (next === undefined || next === '') {
      const fresh: JsonObject = Object.create(null) as JsonObject;
      here[goesOn] = fresh;
      here = fresh;
    } else throw malformed(`Invalid object: ${name}`, name);
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function arrays(value: Json): Json {
  if (!isObject(value)) return value;
  const keys = Object.keys(value);
  for (const key of keys) value[key] = arrays(value[key] as Json);
  if (keys.length > 0 && keys.every((key) => /^\d+$/.test(key))) {
    return keys.sort((a, b) => Number(a) - Number(b)).map((key) => value[key] as Json);
  }
  return value;
}
