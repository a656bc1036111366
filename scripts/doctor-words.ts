import type { Finding } from '@/lib/doctor-findings';

type Words = { what: string; mend?: string };

const SYNC = 'npm run stripe:sync -- --dry-run shows the steps, npm run stripe:sync makes them.';
const ENDPOINTS = 'Stripe → Developers → Webhooks';

/** What a person is told of each finding, and what mends it. `{name}` is a fact of the finding. */
const words: Record<string, Words> = {
  'environment.incomplete': {
    what: 'The environment is not complete: {detail}',
    mend: 'Set what is named; .env.example says what each is.',
  },
  'database.reachable': { what: 'PostgreSQL {version} answers.' },
  'database.too_old': { what: 'PostgreSQL {version} is too old.', mend: 'Move to PostgreSQL 15 or newer.' },
  'database.unreachable': {
    what: 'The database does not answer: {detail}',
    mend: 'Start it, or correct DATABASE_URL.',
  },
  'database.direct_is_pooled': {
    what: 'Migrations and the worker reach the database through a pooler in transaction mode: they refuse that.',
    mend: 'Set DATABASE_DIRECT_URL to PostgreSQL itself, or to a pooler in session mode.',
  },
  'database.prepares_through_pooler': {
    what: 'DATABASE_URL leads to a pooler in transaction mode, and statements are prepared: transactions fail when it does not know them.',
    mend: 'Set DATABASE_PREPARE=0, unless it is PgBouncer 1.21 or newer with max_prepared_statements.',
  },
  'database.no_bounds': {
    what: 'Nothing bounds what a session may take: {settings}.',
    mend: "alter role {role} in database {database} set statement_timeout = '60s', and likewise lock_timeout = '10s', idle_in_transaction_session_timeout = '60s'.",
  },
  'migrations.build_too_old': {
    what: 'Migration {migration} was made for builds from {oldest} on: this one refuses to start.',
    mend: 'Deploy {oldest} or newer.',
  },
  'migrations.up_to_date': { what: 'All {count} migrations are applied.' },
  'migrations.behind': { what: '{missing} migrations are missing.', mend: 'npm run db:migrate' },
  'migrations.ahead': {
    what: 'The database has migrations of a newer build, which this one can work with.',
  },
  'key.live': { what: 'A live key, in production: real money.' },
  'key.test': { what: 'A test key: no real money.' },
  'key.local': { what: 'Local Stripe: no account, no real money.' },
  'key.none': { what: 'No Stripe key: everything but paying works.', mend: 'Set STRIPE_SECRET_KEY.' },
  'key.not_a_secret_key': {
    what: 'STRIPE_SECRET_KEY is neither a secret nor a restricted key.',
    mend: 'Take one that begins with sk_ or rk_ from Stripe → Developers → API keys.',
  },
  'key.live_outside_production': {
    what: 'A live key, and NODE_ENV is not production: commands refuse to run.',
    mend: 'Use a test key here; on the production machine set NODE_ENV=production.',
  },
  'key.live_without_https': {
    what: 'A live key, and people reach the app at {url}.',
    mend: 'Serve it over https and set APP_URL to that.',
  },
  'key.publishable_of_other_mode': {
    what: 'STRIPE_PUBLISHABLE_KEY is no publishable key of the mode that STRIPE_SECRET_KEY is of ({mode}).',
    mend: 'Take both from the same page: Stripe → Developers → API keys.',
  },
  'key.test_in_production': { what: 'A test key in production: nobody is charged.' },
  'key.rights_complete': { what: 'The restricted key may do all that we ask.' },
  'key.rights_missing': {
    what: 'The restricted key lacks {count} permissions: {rights}',
    mend: 'Add them to the key: Stripe → Developers → API keys.',
  },
  'stripe.reachable': { what: 'Stripe answers.' },
  'stripe.unreachable': {
    what: 'Stripe does not answer: {detail}',
    mend: 'Look at the network of this machine and at status.stripe.com; for local Stripe at STRIPE_API_BASE.',
  },
  'stripe.key_refused': {
    what: 'Stripe refuses the key: {detail}',
    mend: 'Set STRIPE_SECRET_KEY to one that was not revoked.',
  },
  'stripe.refused': {
    what: 'Stripe would not tell something: {detail}',
    mend: 'Give a restricted key the right to read webhook endpoints, prices, products and the customer portal.',
  },
  'clock.together': { what: 'Our clock and Stripe’s are {seconds} s apart.' },
  'clock.skewed': {
    what: 'Our clock and Stripe’s are {seconds} s apart: signatures will be refused.',
    mend: 'Let this machine’s clock follow a time server (NTP).',
  },
  'clock.offset_unknown': {
    what: 'Business time and local Stripe’s clock are {seconds} s apart: the app missed a move of the clock.',
    mend: 'Move local Stripe’s clock once more while the app runs.',
  },
  'webhook.complete': { what: '{url} is enabled and hears all that we handle.' },
  'webhook.no_secret': {
    what: 'STRIPE_WEBHOOK_SECRET is empty: the route is off, and nothing that happens at Stripe arrives.',
    mend: `Make an endpoint for {url} (${ENDPOINTS}) and set its signing secret.`,
  },
  'webhook.missing': {
    what: 'No endpoint at Stripe has {url} ({others} others there).',
    mend: `Make one (${ENDPOINTS}), and set STRIPE_WEBHOOK_SECRET to its signing secret; or correct APP_URL.`,
  },
  'webhook.disabled': { what: '{url} is disabled at Stripe.', mend: `Enable {endpoint} (${ENDPOINTS}).` },
  'webhook.events_missing': {
    what: '{url} does not hear {count} types of events: {types}',
    mend: `Add them to {endpoint} (${ENDPOINTS}).`,
  },
  'webhook.version': {
    what: '{url} sends payloads of {version}; our SDK speaks {wanted}.',
    mend: 'Make a new endpoint with that version, add its secret to STRIPE_WEBHOOK_SECRET after a comma, then delete {endpoint}.',
  },
  'webhook.version_unpinned': {
    what: '{url} follows the account’s own API version; {wanted} would be surest.',
  },
  'webhook.twice': { what: 'More than one enabled endpoint rings here: each event arrives twice.' },
  'catalogue.below_minimum': {
    what: '{what} costs {price} {currency}, less than Stripe charges: nobody can buy it.',
    mend: 'Raise the price in the console, or make it 0. https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts',
  },
  'catalogue.the_same': { what: 'Stripe has every tier, add-on and package as we sell it.' },
  'catalogue.not_pushed': { what: 'Stripe lags behind: {step} {what} ({detail})', mend: SYNC },
  'catalogue.unmapped': {
    what: '{count} active prices at Stripe mean nothing here, such as {prices}: an event of who has one fails.',
  },
  'catalogue.differences': {
    what: '{count} differences between Stripe and our rows wait for a person.',
    mend: 'Settle them in the console under webhook events.',
  },
  'tax.active': { what: 'Stripe Tax is active: seller in {seat}, registered in {count} countries.' },
  'tax.inactive': {
    what: 'STRIPE_TAX is 1, and Stripe Tax is not set up: Stripe refuses every purchase.',
    mend: 'Stripe → Settings → Tax: head office and registrations; or set STRIPE_TAX=0.',
  },
  'tax.other_country': {
    what: 'Stripe Tax has the head office in {seat}, SELLER_COUNTRY says {ours}: VAT would be decided by two rules.',
    mend: 'Make both the same.',
  },
  'tax.no_registration': {
    what: 'Stripe Tax has no registration: it computes 0 everywhere, and nobody is charged VAT.',
    mend: 'Stripe → Tax → Registrations: add where the seller is registered.',
  },
  'tax.not_registered_at_home': {
    what: 'Stripe Tax has no registration in {seat}, where the seller is: no VAT is charged there.',
    mend: 'Stripe → Tax → Registrations: add {seat}.',
  },
  'vat.own_number': { what: 'VIES is asked as {number}.' },
  'vat.no_own_number': {
    what: 'SELLER_VAT_NUMBER is not set: VIES gives no consultation number, the proof that a number was checked.',
  },
  'vat.bad_own_number': {
    what: 'SELLER_VAT_NUMBER {number} has not the form of a VAT number: VIES answers nobody who asks as that.',
    mend: 'Set our own number, with its country letters, like LU26375245.',
  },
  'vat.own_number_elsewhere': { what: 'SELLER_VAT_NUMBER {number} is not of SELLER_COUNTRY {country}.' },
  'portal.not_made_yet': { what: 'The customer portal is set up when it is first opened.' },
  'portal.no_plan_switch': { what: 'The customer portal {id} offers no plan switch.' },
  'portal.plan_switch': {
    what: 'The customer portal {id} lets people switch plans without our preview and limits.',
    mend: 'Switch “Customers can switch plans” off in that configuration at Stripe.',
  },
  'portal.inactive': {
    what: 'The customer portal {id} is not active.',
    mend: 'Activate that configuration at Stripe.',
  },
  'portal.missing': {
    what: 'Stripe does not know the customer portal {id}: it was made with another account or mode.',
    mend: "delete from settings where name = 'portal_configuration'; the next visit makes it anew.",
  },
  'worker.running': { what: 'A worker runs; the oldest due work waits {seconds} s.' },
  'worker.behind': {
    what: 'Queued work waits {seconds} s.',
    mend: 'Start a worker (npm run worker, or WORKER=1 in the app), or more of them.',
  },
  'worker.not_running': {
    what: 'No worker runs: trials, retries and e-mails wait.',
    mend: 'Start one: npm run worker, or WORKER=1 in the app.',
  },
  'worker.long_running': {
    what: '{task} has been worked on for {minutes} minutes.',
    mend: 'Look for it in the log; a restart of its worker gives it to another within seconds.',
  },
  'worker.missed': {
    what: 'Schedules passed without a run: {jobs}.',
    mend: 'Start a worker: it makes up the newest of each. Or run one now: npm run job -- NAME.',
  },
  'events.none_waiting': { what: 'No event has failed.' },
  'events.failed': {
    what: '{count} events failed and are retried: {error}',
    mend: 'Mend what the error names; the worker does the rest, or retry them in the console.',
  },
  'events.dead': {
    what: '{count} events are given up: {error}',
    mend: 'Mend what the error names, then retry them in the console under webhook events.',
  },
  'email.configured': { what: 'E-mails are sent.' },
  'email.not_configured': {
    what: 'SMTP_URL is empty: e-mails are kept and not sent.',
    mend: 'Set SMTP_URL.',
  },
  'email.failed': {
    what: '{count} e-mails of this week could not be sent: {error}',
    mend: 'Correct SMTP_URL or the mail server.',
  },
  'staff.has_admin': { what: '{count} admins can sign in.' },
  'staff.no_admin': {
    what: 'Nobody can open the console.',
    mend: 'npm run create-admin -- --email you@example.com',
  },
};

/** A finding in words. @throws for one that has none, which a test looks for */
export function toWords({ area, code, facts }: Finding): Words {
  const found = words[`${area}.${code}`];
  if (!found) throw new Error(`no words for ${area}.${code}`);
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => String(facts[name] ?? ''));
  return { what: fill(found.what), ...(found.mend && { mend: fill(found.mend) }) };
}

const marks = { ok: '✓', note: '·', problem: '✗' };

/** All findings for a terminal: one line each, what mends it below. */
export function toReport(findings: Finding[]): string {
  const lines = findings.flatMap((finding) => {
    const { what, mend } = toWords(finding);
    const line = `${marks[finding.level]} ${finding.area.padEnd(11)} ${what}`;
    return mend ? [line, `${' '.repeat(14)}→ ${mend}`] : [line];
  });
  const problems = findings.filter((finding) => finding.level === 'problem').length;
  const sum =
    problems === 0
      ? 'All is well.'
      : `${problems} ${problems === 1 ? 'thing wants' : 'things want'} mending.`;
  return [...lines, '', sum].join('\n');
}
