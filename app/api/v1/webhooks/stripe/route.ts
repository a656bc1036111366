/** The same doorbell under the API's own base. */
export { POST } from '../../../webhooks/stripe/route';
