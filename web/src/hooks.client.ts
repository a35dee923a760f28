// What a page says that failed in a way nobody foresaw: mostly the connection, when a part of the application could not be fetched.
import type { HandleClientError } from '@sveltejs/kit';
import { NETWORK } from '$lib/api/problem';
import { t } from '$lib/i18n/index.svelte';

/** How browsers call a module that did not come. */
const NOT_FETCHED =
  /dynamically imported module|importing a module script|unable to preload|failed to fetch|load failed/i;

export const handleError: HandleClientError = ({ error, status }) => {
  const offline = !navigator.onLine || (error instanceof Error && NOT_FETCHED.test(error.message));
  if (offline) return { message: t('problem.network'), code: NETWORK };
  if (status !== 404) console.error(error);
  return { message: t(status === 404 ? 'error.notFoundText' : 'problem.page') };
};

// Code is fetched when the pointer rests on a link. What does not come then is fetched again by the click, which says what is wrong.
addEventListener('unhandledrejection', (event) => {
  if (event.reason instanceof Error && NOT_FETCHED.test(event.reason.message)) event.preventDefault();
});
