/** Credit notes. https://docs.stripe.com/api/credit_notes */
import type Stripe from 'stripe';
import type { App } from '../app';
import { embedded } from '../http/list';
import type { CreditNote, Wire } from '../types';

export function viewCreditNote(_app: App, note: CreditNote): Wire<Stripe.CreditNote> {
  return { ...note, lines: embedded(note.lines, `/v1/credit_notes/${note.id}/lines`, (line) => line) };
}
