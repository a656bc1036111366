/** The frames that most routes share: a list, one record, a change of it. */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { type Page, page } from '../http/list';
import { expand, inRange, paging, parse, type Range } from '../http/params';
import { type Call, id, type Route } from '../http/router';
import { strip } from '../records/strip';
import type { TableName, Tables } from '../types';

type Shape = Record<string, z.ZodType>;
type Given<S extends Shape> = { [K in keyof S]?: z.output<S[K]> };

interface Filters<T extends TableName, S extends Shape> {
  /** Besides those of paging; none is required. `created` filters by itself. */
  params?: S;
  /** Parameters that are indexes of the store. */
  by?: (keyof S & string)[];
  /** Parameters that the record's field of the same name must equal. */
  same?: (keyof S & keyof Tables[T] & string)[];
  where?: (rec: Tables[T], given: Given<S>, app: App) => boolean;
  /** Refuses what does not go together. */
  check?: (given: Page & Given<S>) => void;
}

/** `GET` a page of a table, newest first. https://docs.stripe.com/api/pagination */
export function list<T extends TableName, S extends Shape = Record<never, never>>(
  pattern: string,
  table: T,
  { params: filters, by = [], same = [], where, check }: Filters<T, S> = {},
): Route {
  const schema = z.strictObject({ ...paging, ...filters }).partial();
  const handler = ({ app, params }: Call): object => {
    const given = parse(schema, params) as Page & Given<S> & { created?: Range };
    check?.(given);
    const indexed = by.map((name) => [name, given[name] as string | undefined] as const);
    const found = app.store
      .where(table, Object.fromEntries(indexed))
      .filter(
        (rec) =>
          same.every((name) => (given[name] ?? '') === '' || (rec[name] as unknown) === given[name]) &&
          (!('created' in rec) || inRange(rec.created, given.created)) &&
          (where?.(rec, given, app) ?? true),
      );
    return page(found, given, pattern, (rec) => app.kinds[table].view(app, rec));
  };
  return { method: 'GET', pattern, handler };
}

interface Nested<R> {
  view?: (rec: R, app: App) => object;
  /** `oldest` where Stripe keeps the order of lines. */
  order?: 'newest' | 'oldest';
  params?: Shape;
}

/** `GET` a page of what belongs to one record. */
export function nested<R extends { id: string }>(
  pattern: string,
  records: (call: Call) => R[],
  { view = strip, order, params }: Nested<R> = {},
): Route {
  const schema = z.strictObject({ ...paging, ...params });
  const handler = (call: Call): object => {
    const given = parse(schema, call.params) as Page;
    const url = pattern.replace(/:\w+/, id(call));
    return page(records(call), given, url, (rec) => view(rec, call.app), order);
  };
  return { method: 'GET', pattern, handler };
}

/** The record that a path names. */
export function one<T extends TableName>(table: T): (call: Call) => Tables[T] {
  return (call) => call.app.need(table, id(call));
}

export const noParams = z.strictObject({ expand });

/** `GET` one record. */
export function retrieve<T extends TableName>(
  pattern: string,
  table: T,
  find: (call: Call) => Tables[T] = one(table),
): Route {
  const handler = (call: Call): object => {
    parse(noParams, call.params);
    return call.app.kinds[table].view(call.app, find(call));
  };
  return { method: 'GET', pattern, handler };
}

/** What is done to one record, at its own clock; the answer is the record afterwards. */
export function act<T extends TableName, S extends z.ZodType>(
  pattern: string,
  table: T,
  schema: S,
  verb: (rec: Tables[T], given: z.output<S>, app: App) => void,
  method: Route['method'] = 'POST',
): Route {
  const handler = (call: Call): object => {
    const { app } = call;
    const rec = app.need(table, id(call));
    const given = parse(schema, call.params);
    app.on('test_clock' in rec ? rec.test_clock : null, () => verb(rec, given, app));
    return app.kinds[table].view(app, rec);
  };
  return { method, pattern, handler };
}

/** `POST` a change of one record; `event` tells of it if there was any. */
export function update<T extends TableName, S extends z.ZodType>(
  pattern: string,
  table: T,
  event: Stripe.Event['type'] | null,
  schema: S,
  change: (rec: Tables[T], given: z.output<S>, app: App) => void,
): Route {
  return act(pattern, table, schema, (rec, given, app) => {
    const copy = structuredClone(rec); // refusals leave the record alone
    change(copy, given, app);
    app.change(table, rec, event, () => Object.assign(rec, copy));
  });
}

/** What remains of a deleted object. */
export function deleted(rec: { id: string; object: string }): object {
  return { id: rec.id, object: rec.object, deleted: true };
}
