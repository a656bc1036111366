import { type FieldProblem, ValidationFailed } from '@/lib/errors';

export type ListedProduct = { sku: string; name: string; currency: string; unitAmount: number };

/**
 * Reads a pasted list: one product a line as `SKU; name; price`, separated by semicolon, tab or comma; the price with point
 * or comma. Empty lines are passed over.
 * @throws ValidationFailed on `list` when a line is not of that form, or there is none
 */
export function readList(text: string): ListedProduct[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const problems: FieldProblem[] = [];
  if (lines.length === 0) problems.push({ path: 'list', rule: 'required', message: 'is empty' });
  if (lines.length > 1000)
    problems.push({ path: 'list', rule: 'list_too_long', message: 'has more than 1000 lines' });
  const products = lines.map((line, index) => {
    const read = readLine(line);
    if (!read)
      problems.push({
        path: 'list',
        rule: 'list_line',
        message: `line ${index + 1} is not SKU; name; price`,
      });
    return read;
  });
  if (problems.length > 0) throw new ValidationFailed(problems);
  return products.filter((product) => product !== null);
}

function readLine(line: string): ListedProduct | null {
  const separator = line.includes(';') ? ';' : line.includes('\t') ? '\t' : ',';
  const [sku = '', name = '', price = '', ...rest] = line.split(separator).map((part) => part.trim());
  if (!sku || sku.length > 64 || !name || name.length > 200 || rest.length > 0) return null;
  if (!/^\d{1,8}([.,]\d{1,2})?$/.test(price)) return null;
  return { sku, name, currency: 'EUR', unitAmount: Math.round(Number(price.replace(',', '.')) * 100) };
}
