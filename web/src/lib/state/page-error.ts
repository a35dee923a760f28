// A failed load as the error page that SvelteKit shows.
import { error } from '@sveltejs/kit';
import { MAINTENANCE, asProblem, type ApiProblem } from '$lib/api/problem';
import { t, type MessageKey } from '$lib/i18n/index.svelte';
import { problemText } from '$lib/i18n/problem-text';

/** Throws; `missing` says what was not found. An id that is no id at all is just as missing. */
export function showError(thrown: unknown, missing: MessageKey): never {
  const problem = asProblem(thrown);
  if (problem.status === 404 || problem.code === 'invalid_query')
    error(404, { message: t(missing), code: 'not_found' });
  showProblem(problem);
}

/** Throws: the page of this problem. */
export function showProblem(problem: ApiProblem): never {
  error(problem.status || 503, {
    message: problemText(problem).title,
    code: problem.code,
    requestId: problem.requestId,
    operatorMessage: problem.operatorMessage
  });
}

/** For a load that does without what failed, unless everything is closed for maintenance. */
export function unlessMaintenance(thrown: unknown): null {
  const problem = asProblem(thrown);
  if (problem.code === MAINTENANCE) showProblem(problem);
  return null;
}
