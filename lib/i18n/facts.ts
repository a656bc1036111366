/** `limit_changed`, `limitValue` or `a.b_c` as words, for what has no translation yet. */
export const spell = (code: string) => {
  const words = code
    .replace(/[._]/g, ' ')
    .replace(/([a-z])([A-Z0-9])/g, '$1 $2')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** The facts of a result or a failure: "3 expired, 1 announced". Nothing for zeroes, empty lists and what is not there. */
export function sayFacts(result: unknown): string {
  if (typeof result !== 'object' || result === null) return result ? String(result) : '';
  return Object.entries(result)
    .filter(([, value]) => value !== null && value !== 0 && value !== false)
    .flatMap(([name, value]) => {
      const words = spell(name).toLowerCase();
      if (Array.isArray(value)) return value.length > 0 ? `${words}: ${value.join(', ')}` : [];
      if (typeof value === 'object') return sayFacts(value) ? `${words}: ${sayFacts(value)}` : [];
      return typeof value === 'number' ? `${value} ${words}` : `${words}: ${value}`;
    })
    .join(', ');
}
