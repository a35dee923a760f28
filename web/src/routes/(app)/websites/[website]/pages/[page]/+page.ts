import { showError } from '$lib/state/page-error';
import { readDocument, readPage } from '$lib/state/passages';
import { readWebsitePage, readWebsitePageDiff } from '$lib/state/websites';

// Long pages are turned by parts, as documents without pages of their own are.
export async function load({ params, url }) {
  const part = Math.max(1, Math.round(Number(url.searchParams.get('part') ?? 1)) || 1);
  try {
    const page = await readWebsitePage(params.website, params.page);
    if (!page.document_id) return { page, document: null, text: null, diff: null };
    const document = await readDocument(page.document_id).catch(() => null);
    if (document?.status !== 'ready') return { page, document, text: null, diff: null };
    const [text, diff] = await Promise.all([
      readPage(document.id, part),
      page.previous_fetched_at ? readWebsitePageDiff(params.website, params.page).catch(() => null) : null
    ]);
    return { page, document, text, diff: diff?.before ? diff : null };
  } catch (thrown) {
    return showError(thrown, 'websitePage.notFound');
  }
}
