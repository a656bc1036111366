import * as forms from 'jsvat-next';

// CommonJS whose names Node cannot see: they are on `default` there, and on the module itself in a bundler
// (findings/jsvat-next-no-import-fits-both.sh).
const jsvat = ((forms as { default?: typeof forms }).default ?? forms) as typeof forms;

const FORMS = [
  ...[jsvat.austria, jsvat.belgium, jsvat.bulgaria, jsvat.croatia, jsvat.cyprus, jsvat.czechRepublic],
  ...[jsvat.denmark, jsvat.estonia, jsvat.finland, jsvat.france, jsvat.germany, jsvat.greece, jsvat.hungary],
  ...[jsvat.ireland, jsvat.italy, jsvat.latvia, jsvat.lithuania, jsvat.luxembourg, jsvat.malta],
  ...[jsvat.netherlands, jsvat.poland, jsvat.portugal, jsvat.romania, jsvat.slovakiaRepublic],
  ...[jsvat.slovenia, jsvat.spain, jsvat.sweden, jsvat.unitedKingdom],
];

/** The member states by ISO 3166. */
export const MEMBER_STATES: readonly string[] =
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' ');

/** As it is printed and sent: upper case, without blanks and signs, Greece by its own prefix EL. Pure. */
export function normaliseVatNumber(typed: string): string {
  return typed
    .toUpperCase()
    .replace(/[\s./-]/g, '')
    .replace(/^GR/, 'EL');
}

/**
 * A VAT number of a member state or of Northern Ireland (XI) as VIES writes it, or null when its form or its check digit is
 * wrong. Says nothing of whether it was ever given out: that is VIES's to say. Pure.
 * Forms: Article 215 of Directive 2006/112/EC and the member states' own check digits, by jsvat-next.
 */
export function readVatNumber(typed: string): string | null {
  const number = normaliseVatNumber(typed);
  return !number.startsWith('GB') && jsvat.checkVAT(number, FORMS).isValid ? number : null;
}

/** The country, by ISO 3166, that gave a number: EL is Greece, XI the United Kingdom (Northern Ireland). Pure. */
export function countryOfNumber(number: string): string {
  const prefix = number.slice(0, 2);
  return { EL: 'GR', XI: 'GB' }[prefix] ?? prefix;
}
