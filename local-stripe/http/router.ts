/** One table of routes: method, pattern, handler. */
import type { App } from '../app';
import type { JsonObject } from '../types';

export interface Call {
  app: App;
  /** The pattern's variables, in order. */
  ids: string[];
  params: JsonObject;
}
export type Handler = (call: Call) => object;
export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  pattern: string;
  handler: Handler;
}

/** `id(call)`: the first variable of the pattern. */
export function id(call: Call, at = 0): string {
  return call.ids[at] ?? '';
}

export class Router {
  private readonly bySize = new Map<string, { parts: string[]; handler: Handler }[]>();

  constructor(routes: Route[]) {
    for (const { method, pattern, handler } of routes) {
      const parts = pattern.split('/').slice(1);
      const key = `${method} ${parts.length}`;
      const list = this.bySize.get(key) ?? [];
      list.push({ parts, handler });
      this.bySize.set(key, list);
    }
  }

  find(method: string, path: string): { handler: Handler; ids: string[] } | null {
    const parts = path.split('/').slice(1);
    const fits = (this.bySize.get(`${method} ${parts.length}`) ?? []).filter((route) =>
      route.parts.every((part, at) => part.startsWith(':') || part === parts[at]),
    );
    // A literal beats a variable: /v1/invoices/create_preview is no invoice id.
    fits.sort((a, b) => variables(a.parts) - variables(b.parts));
    const route = fits[0];
    if (!route) return null;
    const ids = parts
      .filter((_, at) => route.parts[at]?.startsWith(':'))
      .map((part) => decodeURIComponent(part));
    return { handler: route.handler, ids };
  }
}

function variables(parts: string[]): number {
  return parts.filter((part) => part.startsWith(':')).length;
}
