/** The API of disputes. https://docs.stripe.com/api/disputes */
import { z } from 'zod';
import { expand, filled, ignored, mergeMetadata, metadata, range } from '../http/params';
import type { Route } from '../http/router';
import { closeDispute } from '../records/disputes';
import { act, list, noParams, retrieve, update } from './crud';

export const disputeRoutes: Route[] = [
  list('/v1/disputes', 'disputes', {
    params: { charge: filled, payment_intent: filled, created: range },
    by: ['charge'],
    same: ['payment_intent'],
  }),
  retrieve('/v1/disputes/:id', 'disputes'),
  update(
    '/v1/disputes/:id',
    'disputes',
    'charge.dispute.updated',
    z.strictObject({
      metadata: metadata.optional(),
      evidence: ignored,
      submit: ignored,
      intended_submission_method: ignored,
      expand,
    }),
    (rec, given) => {
      rec.metadata = mergeMetadata(rec.metadata, given.metadata);
    },
  ),
  act('/v1/disputes/:id/close', 'disputes', noParams, (dispute, _given, app) =>
    closeDispute(app, dispute, false),
  ),
];
