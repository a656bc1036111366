/** A record without what only this program knows of it. */
/** Without the facts only this program knows; a shallow copy, so that expanding never writes into a record. */
export function strip<R extends object>(rec: R): Omit<R, '_'> {
  const { _: _own, ...rest } = rec as R & { _?: unknown };
  return rest;
}
