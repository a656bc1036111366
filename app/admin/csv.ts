/**
 * A CSV file as spreadsheets read it (RFC 4180). A cell that begins like a formula is quoted with an apostrophe: names come
 * from strangers.
 */
export function csvResponse(name: string, header: string[], rows: (string | number | null)[][]): Response {
  const lines = [header, ...rows].map((row) => row.map(cell).join(','));
  return new Response(`\uFEFF${lines.join('\r\n')}\r\n`, {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${name}.csv"`,
      'cache-control': 'no-store',
    },
  });
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
