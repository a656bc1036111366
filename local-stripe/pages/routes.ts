/** Which page answers which address. */
import type { App } from '../app';
import { decodeForm } from '../http/form';
import { authenticatePage, authenticatePost } from './authenticate';
import { checkoutPage, checkoutPost, type Page } from './checkout';
import type { Fields } from './fields';
import { type Controls, frontPage, objectsPage } from './front';
import { invoicePage, invoicePdf, invoicePost, linkExpired } from './invoice';
import { notice } from './layout';
import { portalPage, portalPost } from './portal';

type AnyPage = Page & { pdf?: Buffer };

export function pageFor(
  app: App,
  control: Controls,
  method: string,
  path: string,
  query: string,
  body: string,
): AnyPage {
  const values = fieldsOf(method === 'POST' ? body : query);
  const parts = path.split('/').slice(1);
  const post = method === 'POST';
  if (method !== 'GET' && method !== 'HEAD' && !post)
    return { status: 405, html: notice('Not allowed', 'This page only takes GET and POST.') };
  if (parts[0] === 'c' && parts[1] === 'pay' && parts[2])
    return post ? checkoutPost(app, parts[2], values) : checkoutPage(app, parts[2]);
  if (parts[0] === 'authenticate' && parts[1])
    return post ? authenticatePost(app, parts[1], values) : authenticatePage(app, parts[1]);
  if (parts[0] === 'p' && parts[1] === 'session' && parts[2])
    return post ? portalPost(app, parts[2], values) : portalPage(app, parts[2]);
  if (parts[0] === 'i' && parts[1]) {
    const until = Number(fieldsOf(query).until ?? 0);
    if (linkExpired(app, parts[1], until))
      return {
        status: 410,
        html: notice('Expired', 'This link has expired. Please ask the merchant for a new one.'),
      };
    if (parts[2] === 'pdf') {
      const pdf = invoicePdf(app, parts[1]);
      return pdf
        ? { status: 200, pdf }
        : { status: 404, html: notice('Not found', 'There is no invoice with this address.') };
    }
    return post ? invoicePost(app, parts[1], values) : invoicePage(app, parts[1]);
  }
  if (path === '/') return frontPage(app, control);
  if (parts[0] === 'objects' && parts[1]) return objectsPage(app, parts[1], parts[2]);
  if (parts[0] === 'receipt' && parts[1]) {
    const charge = app.store.get('charges', parts[1]);
    if (charge)
      return charge._.invoice
        ? invoicePage(app, charge._.invoice)
        : { status: 200, html: notice('Receipt', `Payment ${charge.id}: ${charge.status}.`) };
  }
  return {
    status: 404,
    html: notice('Not found', 'There is no such page on local Stripe.', {
      href: '/',
      text: 'To the front page',
    }),
  };
}

function fieldsOf(text: string): Fields {
  const fields: Fields = {};
  for (const [name, value] of Object.entries(decodeForm(text)))
    if (typeof value === 'string') fields[name] = value;
  return fields;
}
