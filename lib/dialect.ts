/**
 * The two dialects: ours is camelCase, the REST API's snake_case. Only keys are said otherwise, never values; the edge
 * (`app/api/v1`, and the error envelope of `lib/http`) says them, nobody else.
 */
type SnakeKey<K, Said extends string = ''> = K extends `${infer Head}${infer Rest}`
  ? SnakeKey<Rest, `${Said}${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}`>
  : Said extends ''
    ? K
    : Said;

/** A value as the API answers it: its keys in snake_case, its instants in ISO 8601. */
export type Snake<T> = T extends Date
  ? string
  : T extends readonly (infer One)[]
    ? Snake<One>[]
    : T extends object
      ? { [K in keyof T as SnakeKey<K>]: Snake<T[K]> }
      : T;

type CamelKey<K> = K extends `${infer Head}_${infer Rest}` ? `${Head}${Capitalize<CamelKey<Rest>>}` : K;

/** What a caller of the API said, as the domain says it. */
export type Camel<T> = T extends Date
  ? Date
  : T extends readonly (infer One)[]
    ? Camel<One>[]
    : T extends object
      ? { [K in keyof T as CamelKey<K>]: Camel<T[K]> }
      : T;

/** A key, or a path of keys (`prices[1].unitAmount`), as the API says it. */
export const snakeKey = (key: string) =>
  key.replace(/([a-z0-9])([A-Z])/g, (_, before, letter) => `${before}_${letter.toLowerCase()}`);

const camelKey = (key: string) => key.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

function mapKeys(value: unknown, say: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((one) => mapKeys(one, say));
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [say(key), mapKeys(one, say)]));
}

/** An answer of the domain as the API says it. Pure; what is said already stays. */
export function toSnake<T>(value: T): Snake<T> {
  return mapKeys(value, snakeKey) as Snake<T>;
}

/** A caller's input as the domain says it. Pure. */
export function toCamel<T>(value: T): Camel<T> {
  return mapKeys(value, camelKey) as Camel<T>;
}
