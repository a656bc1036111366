import { is, Placeholder, SQL, type SQLWrapper } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';

/** SQL that is text already: drizzle passes it on as it is. */
class FixedSql extends SQL {
  constructor(
    private readonly text: string,
    private readonly values: unknown[],
  ) {
    super([]);
  }
  override toQuery() {
    return { sql: this.text, params: this.values };
  }
}

/**
 * A statement whose text is made once: for the hot path, where putting a long one together at every call costs more than
 * running it. Values are `sql.placeholder(name)` in the statement; one name is one parameter, however often it stands there.
 */
export function fixedSql<Name extends string>(statement: SQL): (values: Record<Name, unknown>) => SQLWrapper {
  let built: { text: string; names: string[] } | undefined;
  return (values) => {
    built ??= build(statement);
    return new FixedSql(
      built.text,
      built.names.map((name) => values[name as Name]),
    );
  };
}

function build(statement: SQL): { text: string; names: string[] } {
  const { sql: text, params } = new PgDialect().sqlToQuery(statement);
  const names: string[] = [];
  const numbers = params.map((param) => {
    if (!is(param, Placeholder)) throw new Error('a fixed statement takes its values by name');
    if (!names.includes(param.name)) names.push(param.name);
    return names.indexOf(param.name) + 1;
  });
  return { text: text.replace(/\$(\d+)/g, (_, n: string) => `$${numbers[Number(n) - 1]}`), names };
}
