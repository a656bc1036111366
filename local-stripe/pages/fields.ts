/** The fields that checkout, portal and invoice pages share. */
import { html } from 'hono/html';
import { fullAddress } from '../records/customers';
import { EU_RATES } from '../records/tax';
import type { Address } from '../types';
import type { Html } from './layout';

export type Fields = Record<string, string>;

const OTHERS = ['CH', 'GB', 'NO', 'US', 'CA', 'JP'];
const NAMES = new Intl.DisplayNames('en', { type: 'region' });
const COUNTRIES = [...Object.keys(EU_RATES), ...OTHERS]
  .map((code) => ({ code, name: NAMES.of(code) ?? code }))
  .sort((a, b) => a.name.localeCompare(b.name));

export function cardFields(values: Fields = {}): Html {
  return html`<fieldset><legend>Card</legend>
    <label for="card">Card number</label>
    <input id="card" name="card" inputmode="numeric" autocomplete="cc-number" placeholder="4242 4242 4242 4242" value="${values.card ?? ''}" required>
    <div class="pair"><div><label for="expiry">Expiry date</label>
      <input id="expiry" name="expiry" inputmode="numeric" autocomplete="cc-exp" placeholder="MM / YY" value="${values.expiry ?? ''}" required></div>
    <div><label for="cvc">CVC</label>
      <input id="cvc" name="cvc" inputmode="numeric" autocomplete="cc-csc" placeholder="123" value="${values.cvc ?? ''}" required></div></div></fieldset>`;
}

export function addressFields(values: Fields, required: boolean): Html {
  const need = required ? html` required` : '';
  return html`<fieldset><legend>Billing address</legend>
    <label for="country">Country or region</label>
    <select id="country" name="country" autocomplete="country"${need}>
      <option value="">Choose…</option>
      ${COUNTRIES.map(({ code, name }) => html`<option value="${code}"${values.country === code ? html` selected` : ''}>${name}</option>`)}
    </select>
    <label for="line1">Address</label><input id="line1" name="line1" autocomplete="address-line1" value="${values.line1 ?? ''}"${need}>
    <div class="pair"><div><label for="postal_code">Postal code</label><input id="postal_code" name="postal_code" autocomplete="postal-code" value="${values.postal_code ?? ''}"${need}></div>
    <div><label for="city">City</label><input id="city" name="city" autocomplete="address-level2" value="${values.city ?? ''}"${need}></div></div></fieldset>`;
}

export function addressOf(values: Fields): Address | undefined {
  return values.country ? fullAddress(values) : undefined;
}

export function addressValues(address: Address | null | undefined): Fields {
  return Object.fromEntries(Object.entries(address ?? {}).map(([key, value]) => [key, value ?? '']));
}

type CardOf = { number: string; exp_month: number; exp_year: number };

/** Throws words for the person at the page. */
export function cardOf(values: Fields, now: number): CardOf {
  const number = (values.card ?? '').replace(/[\s-]/g, '');
  if (number === '') throw new Error('Enter your card number.');
  const expiry = /^\s*(\d{1,2})\s*\/?\s*(\d{2}|\d{4})\s*$/.exec(values.expiry ?? '');
  if (!expiry) throw new Error('Enter the expiry date as MM / YY.');
  const month = Number(expiry[1]);
  const year = Number(expiry[2]) % 100 === Number(expiry[2]) ? 2000 + Number(expiry[2]) : Number(expiry[2]);
  if (month < 1 || month > 12) throw new Error('Enter the expiry date as MM / YY.');
  const today = new Date(now * 1000);
  if (year * 12 + month < today.getUTCFullYear() * 12 + today.getUTCMonth() + 1)
    throw new Error("Your card's expiration date is in the past.");
  if (!/^\d{3,4}$/.test(values.cvc ?? '')) throw new Error("Your card's security code is incomplete.");
  return { number, exp_month: month, exp_year: year };
}

export function hiddenField(name: string, value: string | number): Html {
  return html`<input type="hidden" name="${name}" value="${value}">`;
}

/** The bank's page: Complete or Fail. */
export function authenticationForm(action: string, what: string, carried: Fields): Html {
  return html`<div class="card"><h1>Authenticate your payment</h1>
    <p>This is a test of 3-D Secure: ${what}. A real bank would ask its customer here.</p>
    <form method="post" action="${action}">${Object.entries(carried).map(([name, value]) => hiddenField(name, value))}
      <div class="actions"><button class="main" name="authentication" value="passed">Complete authentication</button>
      <button name="authentication" value="failed">Fail authentication</button></div></form></div>`;
}
