import { showError } from '$lib/state/page-error';
import { readDocument, readPage } from '$lib/state/passages';
import { readWebsitePage } from '$lib/state/websites';

// Long pages are turned by parts, as documents without pages of their own are.
export async function load({ params, url }) {
  const part = Math.max(1, Math.round(Number(url.searchParams.get('part') ?? 1)) || 1);
  try {
    const page = await readWebsitePage(params.website, params.page);
    if (!page.document_id) return { page, document: null, text: null };
    const document = await readDocument(page.document_id).catch(() => null);
    const text = document?.status === 'ready' ? await readPage(document.id, part) : null;
    return { page, document, text };
  } catch (thrown) {
    return showError(thrown, 'websitePage.notFound');
  }
}
