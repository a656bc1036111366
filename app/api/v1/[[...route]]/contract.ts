import { createRoute, type RouteConfig, z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { snakeKey, toCamel } from '@/lib/dialect';
import { ValidationFailed } from '@/lib/errors';
import { toPage } from '@/lib/page';
import { unstorablePaths } from '@/lib/storable';
import { toProblem } from '../../../problem';

/** The shapes that every resource shares. */
export const errorBody = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      details: z.record(z.string(), z.unknown()).optional(),
      request_id: z.string(),
    }),
  })
  .openapi('Error');

/** A JSON answer in a route's `responses`. */
export const answers = <T extends z.ZodType>(schema: T, description: string) => ({
  content: { 'application/json': { schema } },
  description,
});

/** A JSON body in a route's `request`. */
export const body = <T extends z.ZodType>(schema: T) => ({
  content: { 'application/json': { schema } },
  required: true as const,
});

/** The same for an input of the domain: asked for in snake_case, handed on as the domain has it. */
export const input = <T extends z.ZodType>(schema: T) =>
  body(inSnake(schema).transform((said) => toCamel(said) as z.output<T>));

/** A schema with its keys in snake_case, rows and parts too; what has none stays the same, with its description. */
function inSnake(schema: z.ZodType): z.ZodType {
  const again = (part: object) => schema.clone({ ...schema.def, ...part });
  if (schema instanceof z.ZodObject) {
    const shape = Object.entries<z.ZodType>(schema.shape);
    return again({ shape: Object.fromEntries(shape.map(([key, one]) => [snakeKey(key), inSnake(one)])) });
  }
  const isWrapper =
    schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable;
  if (!isWrapper && !(schema instanceof z.ZodArray)) return schema;
  const inner = schema.unwrap() as z.ZodType;
  const said = inSnake(inner);
  return said === inner ? schema : again(isWrapper ? { innerType: said } : { element: said });
}

/** Every refusal has the same envelope; spread it into `responses`. */
export const refusals = { '4XX': answers(errorBody, 'Refused: see `error.code`') } as const;

type Answer = readonly [schema: z.ZodType, description: string];
type Request = NonNullable<RouteConfig['request']>;
type Endpoint = {
  summary: string;
  description?: string;
  /** Who may: one of the guards. */
  // biome-ignore lint/suspicious/noExplicitAny: each guard has its own variables
  by?: MiddlewareHandler<any>;
  request?: Request;
  security?: [];
  200?: Answer;
  201?: Answer;
};
type Status<E> = keyof E & (200 | 201);
type Schema<A> = A extends readonly [infer S extends z.ZodType, string] ? S : never;

/** Declares the routes of one tag: who may, what is asked, what is answered; every refusal has the same envelope. */
export const routesOf =
  (tag: string) =>
  <M extends 'get' | 'post' | 'put' | 'patch' | 'delete', P extends string, const E extends Endpoint>(
    method: M,
    path: P,
    { by, 200: ok, 201: made, ...said }: E,
  ) => {
    const responses = {
      ...(ok ? { 200: answers(...ok) } : {}),
      ...(made ? { 201: answers(...made) } : {}),
      ...refusals,
    } as { [S in Status<E>]: ReturnType<typeof answers<Schema<E[S]>>> } & typeof refusals;
    const request = said.request as E extends { request: infer R extends Request } ? R : undefined;
    return createRoute({
      ...said,
      method,
      path,
      tags: [tag],
      middleware: by as E extends { by: infer By extends NonNullable<Endpoint['by']> } ? By : undefined,
      request,
      responses,
    });
  };

export const storeQuery = z.object({
  store: z.string().optional().openapi({ description: 'Code or id; or the header X-Store-Code' }),
});

/** Admin endpoints about tiers and merchants: which platform (default: the only one, else `market`). */
export const platformQuery = z.object({
  platform: z.string().optional().openapi({ description: 'Id or code; default the only one, else market' }),
});

/** For writes that are remembered; the handler reads it and calls `runOnce`. */
export const idempotencyHeader = z.object({ 'idempotency-key': z.string().optional() });

/** An instant as the API says it. */
export const instant = z.iso.datetime().openapi({ example: '2026-11-21T12:00:00.000Z' });
export const iso = <T extends Date | null>(at: T) =>
  (at === null ? null : (at as Date).toISOString()) as T extends Date ? string : string | null;

/** `?limit=&cursor=` of a list. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(500).optional(),
});

/** A page: `{data, next_cursor}`. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), next_cursor: z.string().nullable() });

/** A page out of `limit + 1` rows that were read. */
export function pageAnswer<Row extends { id: string }, Shape>(
  list: Row[],
  limit: number,
  atOf: (row: Row) => Date,
  present: (row: Row) => Shape,
): { data: Shape[]; next_cursor: string | null } {
  const { rows, next } = toPage(list, limit, atOf);
  return { data: rows.map(present), next_cursor: next };
}

/** Refuses text that no row can hold before anybody acts on it: Stripe would take what we could not write down. @throws ValidationFailed */
export function requireStorable(asked: unknown): void {
  const paths = unstorablePaths(asked);
  if (paths.length === 0) return;
  const message = 'holds a character that no text may hold';
  throw new ValidationFailed(paths.map((path) => ({ path: path || 'body', rule: 'unstorable', message })));
}

/** What zod found wrong, as our own refusal. */
export function toRefusal(error: z.ZodError): ValidationFailed {
  return new ValidationFailed(error.issues.map(toProblem));
}
