/** The API of disputes. https://docs.stripe.com/api/disputes */
import { z } from 'zod';
import { missing } from '../errors';
import { page } from '../http/list';
import {
  expand,
  filled,
  ignored,
  inRange,
  mergeMetadata,
  metadata,
  paging,
  parse,
  range,
} from '../http/params';
import { type Call, id, type Route } from '../http/router';
import { closeDispute } from '../records/disputes';
import { strip } from '../records/strip';
import type { Dispute } from '../types';

function get(call: Call): Dispute {
  const dispute = call.app.store.get('disputes', id(call));
  if (!dispute) throw missing('dispute', id(call));
  return dispute;
}

export const disputeRoutes: Route[] = [
  {
    method: 'GET',
    pattern: '/v1/disputes',
    handler: ({ app, params }) => {
      const given = parse(
        z.strictObject({
          ...paging,
          charge: filled.optional(),
          payment_intent: filled.optional(),
          created: range.optional(),
        }),
        params,
      );
      const found = [...app.store.all('disputes')].filter(
        (one) =>
          (!given.charge || one.charge === given.charge) &&
          (!given.payment_intent || one.payment_intent === given.payment_intent) &&
          inRange(one.created, given.created),
      );
      return page(found, given, '/v1/disputes', strip);
    },
  },
  { method: 'GET', pattern: '/v1/disputes/:id', handler: (call) => strip(get(call)) },
  {
    method: 'POST',
    pattern: '/v1/disputes/:id',
    handler: (call) => {
      const given = parse(
        z.strictObject({
          metadata: metadata.optional(),
          evidence: ignored,
          submit: ignored,
          intended_submission_method: ignored,
          expand,
        }),
        call.params,
      );
      call.app.change('disputes', get(call), 'charge.dispute.updated', (rec) => {
        rec.metadata = mergeMetadata(rec.metadata, given.metadata);
      });
      return strip(get(call));
    },
  },
  {
    method: 'POST',
    pattern: '/v1/disputes/:id/close',
    handler: (call) => {
      closeDispute(call.app, get(call), false);
      return strip(get(call));
    },
  },
];
