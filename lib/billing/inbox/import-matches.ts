import { CsvError, parse } from 'csv-parse/sync';
import { invalid } from '@/lib/errors';

/** Reads `stripe_customer_id,merchant_id` lines under that heading. @throws a DomainError that names the line */
export function readMatches(csv: string): Map<string, string> {
  const matches = new Map<string, string>();
  for (const { line, record } of readRows(csv)) {
    const { stripe_customer_id: customer, merchant_id: merchant } = record;
    if (!customer || !merchant) throw invalid(`line ${line}`, 'cells', 'names no customer or no merchant');
    const other = matches.get(customer);
    if (other && other !== merchant) throw invalid(`line ${line}`, 'twice', `${customer} is ${other} above`);
    matches.set(customer, merchant);
  }
  return matches;
}

type CsvRow = { record: Record<string, string | undefined>; line: number };

function readRows(csv: string): CsvRow[] {
  const columns = (heading: string[]) => {
    if (!['stripe_customer_id', 'merchant_id'].every((name) => heading.includes(name)))
      throw invalid('line 1', 'heading', 'must be stripe_customer_id,merchant_id');
    return heading;
  };
  try {
    return parse(csv, {
      bom: true,
      columns,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      // Found out by itself it would be the first line's only.
      record_delimiter: ['\r\n', '\n', '\r'],
      on_record: (record: CsvRow['record'], { lines }) => ({ record, line: lines }),
    });
  } catch (error) {
    if (error instanceof CsvError) throw invalid(`line ${error.lines ?? '?'}`, 'csv', error.message);
    throw error;
  }
}
