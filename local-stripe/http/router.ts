/** One table of routes: method, pattern, handler. */
import { TrieRouter } from 'hono/router/trie-router';
import type { App } from '../app';
import type { JsonObject } from '../types';

export interface Call {
  app: App;
  /** The pattern's variables, in order. */
  ids: string[];
  params: JsonObject;
}
type Handler = (call: Call) => object;
export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  pattern: string;
  handler: Handler;
}

export interface Found extends Route {
  ids: string[];
}

/** `id(call)`: the first variable of the pattern. */
export function id(call: Call, at = 0): string {
  return call.ids[at] ?? '';
}

/** Finds who answers a request. A literal stands before a variable in the list: create_preview is no invoice's id. */
export function routerOf(routes: Route[]) {
  const router = new TrieRouter<Route>();
  for (const route of routes) router.add(route.method, route.pattern, route);
  return (method: string, path: string): Found | undefined => {
    const found = router.match(method, path)[0][0];
    return found && { ...found[0], ids: Object.values(found[1]).map(decodeURIComponent) };
  };
}
