/** The API of portal configurations. https://docs.stripe.com/api/customer_portal/configurations */
import { lacking } from '../errors';
import { bool, parse } from '../http/params';
import type { Call, Route } from '../http/router';
import { blankConfiguration } from '../records/portal';
import { strip } from '../records/strip';
import { list, retrieve, update } from './crud';
import { assignConfiguration, configurationParams } from './portal-configuration-fields';

function createConfiguration({ app, params }: Call): object {
  const given = parse(configurationParams, params);
  if (!given.features) throw lacking('features');
  const configuration = blankConfiguration(app, false);
  assignConfiguration(app, configuration, given);
  app.store.put('portal_configurations', configuration);
  app.emit('billing_portal.configuration.created', configuration);
  return strip(configuration);
}

export const portalConfigurationRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/billing_portal/configurations', handler: createConfiguration },
  list('/v1/billing_portal/configurations', 'portal_configurations', {
    params: { active: bool, is_default: bool },
    same: ['active', 'is_default'],
  }),
  retrieve('/v1/billing_portal/configurations/:id', 'portal_configurations'),
  update(
    '/v1/billing_portal/configurations/:id',
    'portal_configurations',
    'billing_portal.configuration.updated',
    configurationParams,
    (rec, given, app) => {
      rec.features = structuredClone(rec.features);
      assignConfiguration(app, rec, given);
    },
  ),
];
