/** The API of disputes. https://docs.stripe.com/api/disputes */
import { z } from 'zod';
import { expand, filled, ignored, mergeMetadata, metadata, range } from '../http/params';
import type { Route } from '../http/router';
import { closeDispute } from '../records/disputes';
import { strip } from '../records/strip';
import { list, one, retrieve, update } from './crud';

const get = one('disputes');

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
  {
    method: 'POST',
    pattern: '/v1/disputes/:id/close',
    handler: (call) => {
      closeDispute(call.app, get(call), false);
      return strip(get(call));
    },
  },
];
