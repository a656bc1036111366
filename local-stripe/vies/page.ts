/** `/` of the local VIES: the registers, what is wrong with them, and who asked. */
import { html } from 'hono/html';
import { type Html, layout } from '../pages/layout';
import type { Requests } from './requests';
import { MEMBER_STATE, MEMBER_STATES, SERVICE, type State } from './state';

const WORDS = {
  up: 'answers',
  html_503: 'is down: 503 and a page',
  service_unavailable: 'is down: SERVICE_UNAVAILABLE',
  timeout: 'gives up: TIMEOUT',
  busy: 'is busy: …_MAX_CONCURRENT_REQ',
  blocked: 'has blocked us: IP_BLOCKED',
  silent: 'never answers',
  down: 'is down: MS_UNAVAILABLE',
};

const VERDICTS = ['valid', 'invalid', 'blocked'];

const form = (action: string, fields: Html, button: string): Html =>
  html`<form method="post" action="/_local/${action}" class="actions">${fields}<button>${button}</button></form>`;

const options = (values: readonly string[], chosen: string): Html =>
  html`${values.map(
    (value) =>
      html`<option value="${value}"${value === chosen ? html` selected` : ''}>${WORDS[value as keyof typeof WORDS] ?? value}</option>`,
  )}`;

const choice = (id: string, name: string, label: string, values: readonly string[], chosen: string): Html =>
  html`<div><label for="${id}">${label}</label><select id="${id}" name="${name}">${options(values, chosen)}</select></div>`;

const field = (id: string, name: string, label: string, value: string | number): Html =>
  html`<div><label for="${id}">${label}</label><input id="${id}" name="${name}" value="${value}"></div>`;

export function page(state: State, requests: Requests): string {
  const { settings } = state;
  const told = requests.told();
  const states = MEMBER_STATES.map((code) => {
    const is = settings.member_states[code] ?? 'up';
    return html`<tr><td>${is === 'up' ? code : html`<strong>${code}</strong>`}</td><td>${form(
      'settings',
      html`<select name="member_states[${code}]" aria-label="${code} …">${options(MEMBER_STATE, is)}</select>
      <input name="slow_member_states[${code}]" aria-label="${code} adds (ms)" size="6" value="${settings.slow_member_states[code] ?? 0}"><span class="soft">ms more</span>`,
      'Set',
    )}</td></tr>`;
  });
  return layout(
    'Local VIES',
    html`<h1>Local VIES</h1>
    <div class="two"><section class="card" aria-labelledby="service"><h2 id="service">The service</h2>
      ${form('settings', choice('service-is', 'service', 'VIES …', SERVICE, settings.service), 'Set')}
      ${form(
        'settings',
        html`${field('slow', 'slow_ms', 'Each check takes (ms)', settings.slow_ms)}
        ${field('at-once', 'at_once', 'Checks at once, at most', settings.at_once ?? '')}
        ${field('at-once-each', 'at_once_per_member_state', '… per member state', settings.at_once_per_member_state ?? '')}`,
        'Set',
      )}
      <details><summary>Start over</summary><p>Everything as at first: registers, settings, requests.</p>${form('reset', html``, 'Reset everything')}</details></section>
    <section class="card" aria-labelledby="register"><h2 id="register">Register a number</h2>
      ${form(
        'numbers',
        html`${field('number', 'number', 'Number, with its country', '')}${field('name', 'name', 'Name', '')}${field('address', 'address', 'Address', '')}
        ${choice('verdict', 'verdict', 'is', VERDICTS, 'valid')}`,
        'Save',
      )}</section></div>
    <section class="card" aria-labelledby="requests"><h2 id="requests">Latest checks</h2><p>${told.total} in all, at most ${told.most_at_once} at once.</p><div class="scroll"><table><thead><tr><th>At</th><th>Number</th><th>For</th><th>Answer</th><th class="num">ms</th></tr></thead><tbody>
      ${told.requests
        .slice(-10)
        .reverse()
        .map(
          (one) =>
            html`<tr><td>${one.at.slice(0, 19).replace('T', ' ')}</td><td>${one.country}${one.number}</td><td>${one.requester ?? ''}</td><td>${one.answer ?? '…'}</td><td class="num">${one.ms ?? ''}</td></tr>`,
        )}</tbody></table></div></section>
    <section class="card" aria-labelledby="numbers"><h2 id="numbers">Registers</h2><p class="soft">Any other number is invalid. Germany and Spain do not tell names and addresses.</p>
      <div class="scroll"><table><thead><tr><th>Number</th><th>Is</th><th>Name and address</th><th>Change</th></tr></thead><tbody>
      ${Object.entries(state.numbers).map(
        ([number, entry]) =>
          html`<tr><td><code>${number}</code></td><td><strong>${entry.verdict}</strong></td><td>${entry.name}<br><span class="soft">${entry.address.replaceAll('\n', ', ')}</span></td><td>${form(
            'numbers',
            html`<input type="hidden" name="number" value="${number}"><select name="verdict" aria-label="${number} is">${options(VERDICTS, entry.verdict)}</select>`,
            'Set',
          )}</td></tr>`,
      )}</tbody></table></div></section>
    <section class="card" aria-labelledby="states"><h2 id="states">Member states</h2><div class="scroll"><table><tbody>${states}</tbody></table></div></section>`,
    'wide',
    'Local VIES — made-up firms, nothing leaves this machine',
  );
}
