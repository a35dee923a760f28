import { redirect } from '@sveltejs/kit';

// Where the server sends people whose sign-in with a provider failed.
export function load({ url }) {
  redirect(307, `/sign-in${url.search}`);
}
