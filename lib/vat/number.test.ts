import { describe, expect, test } from 'vitest';
import { countryOfNumber, readVatNumber } from './number';

describe('a VAT number is known by its form and its check digit', () => {
  test.each([
    ['ATU13585627'],
    ['BE0428759497'],
    ['BG175074752'],
    ['CY10259033P'],
    ['CZ25123891'],
    ['CZ7103192745'],
    ['DE136695976'],
    ['DK13585628'],
    ['EE100931558'],
    ['EL094259216'],
    ['ESB58378431'],
    ['ES54362315K'],
    ['ESX5253868R'],
    ['FI20774740'],
    ['FR40303265045'],
    ['HR33392005961'],
    ['HU12892312'],
    ['IT00743110157'],
    ['LT119511515'],
    ['LT100001919017'],
    ['LU15027442'],
    ['LV40003521600'],
    ['MT11679112'],
    ['NL004495445B01'],
    ['PL8567346215'],
    ['PT501964843'],
    ['RO18547290'],
    ['SE123456789701'],
    ['SI50223054'],
    ['SK2022749619'],
  ])('%s, of a member state', (number) => {
    expect(readVatNumber(number)).toBe(number);
  });

  test.each([
    ['BE 1000.000.021', 'BE1000000021', 'a new Belgian one begins with 1'],
    ['be 0428.759.497', 'BE0428759497', 'as it is printed'],
    ['GR 094259216', 'EL094259216', 'Greece by its country code'],
    ['XI980780684', 'XI980780684', 'Northern Ireland'],
    ['NL000099998B57', 'NL000099998B57', 'a Dutch sole trader'],
    ['FR K7 399859412', 'FRK7399859412', 'a French one with a letter'],
    ['IE6433435F', 'IE6433435F', 'the older Irish form'],
    ['IE6433435OA', 'IE6433435OA', 'the newer Irish form'],
    ['IE8D79739I', 'IE8D79739I', 'the oldest Irish form'],
  ])('%s is %s: %s', (typed, number) => {
    expect(readVatNumber(typed)).toBe(number);
  });

  test.each([
    ['LU123', 'too short'],
    ['FR 12', 'too short'],
    ['DE123456789', 'wrong check digit'],
    ['ATU13585626', 'wrong check digit'],
    ['EL094259217', 'wrong check digit'],
    ['NL004495445B02X', 'too long'],
    ['GB980780684', 'the United Kingdom is not in the EU'],
    ['CHE116281710', 'Switzerland is not'],
    ['NO995525828', 'Norway is not'],
    ['136695976', 'no country'],
    ['', 'nothing'],
  ])('%s is none: %s', (typed) => {
    expect(readVatNumber(typed)).toBeNull();
  });

  test('its country is that of ISO 3166', () => {
    expect(['EL094259216', 'XI980780684', 'DE136695976'].map(countryOfNumber)).toEqual(['GR', 'GB', 'DE']);
  });
});
