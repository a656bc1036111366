/** What PostgreSQL refuses in a text or in JSON: NUL, and half of a surrogate pair, which no UTF-8 has. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** Whether a row can hold a text as it is. Pure. https://www.postgresql.org/docs/current/datatype-json.html */
export const isStorable = (text: string): boolean => !UNSTORABLE.test(text);

/** A text less what no row can hold. Pure. */
export const storable = (text: string): string => text.replace(new RegExp(UNSTORABLE, 'gu'), '');

/** A JSON value with what no row can hold written out as JSON escapes it: a NUL becomes the six letters `\u0000`. Pure. */
export function storableJson<T>(value: T): T {
  // A pair of backslashes is passed over as a pair: what follows it is text. Only lone surrogates are escaped by `stringify`.
  const said = JSON.stringify(value).replace(/\\(u0000|ud[89a-f][0-9a-f]{2}|.)/g, (all, what: string) =>
    what.length > 1 ? `\\${all}` : all,
  );
  return JSON.parse(said) as T;
}

/** The paths of a value's texts and keys that no row can hold (`rows[1].name`), `''` for the value itself. Pure; any depth. */
export function unstorablePaths(value: unknown): string[] {
  const found: string[] = [];
  const open: [path: string, value: unknown][] = [['', value]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [path, one] = next;
    if (typeof one === 'string' && !isStorable(one)) found.push(path);
    if (typeof one !== 'object' || one === null) continue;
    for (const [key, inner] of Object.entries(one)) {
      if (!isStorable(key)) found.push(path);
      open.push([Array.isArray(one) ? `${path}[${key}]` : path ? `${path}.${key}` : key, inner]);
    }
  }
  return [...new Set(found)].sort();
}
