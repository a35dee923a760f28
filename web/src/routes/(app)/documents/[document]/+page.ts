import { showError } from '$lib/state/page-error';
import { readCollection, readDocument, readPage, readPassage } from '$lib/state/passages';

// The address names a passage (?chunk=) or a page (?page=); without either the document opens at its first page.
export async function load({ params, url }) {
  const chunk = url.searchParams.get('chunk');
  const asked = Number(url.searchParams.get('page') ?? 0);
  try {
    const document = await readDocument(params.document);
    const collection = await readCollection(document.collection_id).catch(() => null);
    if (document.status !== 'ready') return { document, collectionName: collection?.name, passage: null, page: null };
    const passage = chunk ? await readPassage(document.id, chunk) : null;
    const number = asked || (passage?.page ?? 1);
    const page = passage?.page === number ? passage : await readPage(document.id, number);
    return { document, collectionName: collection?.name, passage, page };
  } catch (thrown) {
    return showError(thrown, 'document.notFound');
  }
}
