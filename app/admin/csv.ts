import { stringify } from 'csv-stringify/sync';

/**
 * A CSV file as spreadsheets read it (RFC 4180). A cell that begins like a formula is quoted with an apostrophe: names come
 * from strangers.
 */
export function csvResponse(name: string, header: string[], rows: (string | number | null)[][]): Response {
  const text = stringify([header, ...rows], {
    bom: true,
    record_delimiter: 'windows',
    escape_formulas: true,
    // Else a lone line feed in a cell stays unquoted (findings/csv-line-feed-unquoted.sh).
    quoted_match: /[\r\n]/,
  });
  return new Response(text, {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${name}.csv"`,
      'cache-control': 'no-store',
    },
  });
}
