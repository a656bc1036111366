/** The product's own: the same nonce, policy and headers. */
export { proxy } from '@/proxy';

export const config = { matcher: '/((?!api/|_next/static|_next/image|icon.svg|favicon.ico).*)' };
